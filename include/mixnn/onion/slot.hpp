#pragma once
#include <optional>

#include "mixnn/onion/format.hpp"

namespace mixnn {

// The text of a slot as bytes, and back. Reading refuses what no honest owner writes (roles, counts
// and lengths out of range), so that later code can index by what it says.
void write_slot(const SlotText& slot, std::span<std::byte, kSlotTextBytes> out);
std::optional<SlotText> read_slot(std::span<const std::byte, kSlotTextBytes> in);

}  // namespace mixnn
