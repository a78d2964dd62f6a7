#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "mixnn/wire/lost_cell.hpp"

namespace mixnn {

// Whose doing it can be that rank `by` had to refuse a cell of the run, as far as the seals show
// (docs/protocol.md, "Who can have done it"): never one rank alone, for `by` itself may lie.
// `hops`: relays on the way of a message.
std::string suspects(const LostCell& lost, std::size_t hops, std::uint32_t by);

// "refused a cell of the run that came from rank 3: why; suspects", to stand behind a rank's name.
std::string lost_text(const LostCell& lost, std::size_t hops, std::uint32_t by);

}  // namespace mixnn
