#pragma once
#include <cstdint>

#include "mixnn/base/codec.hpp"

namespace mixnn {

// A cell of the run that a rank had to refuse, so that it is lost: its slot was genuine and new,
// and what came with it was not. In the numbers of the onion: why, and what this rank was to do.
struct LostCell {
  std::uint8_t why = 0;  // 1 + the reason; 0: no cell was lost
  std::uint8_t role = 0;
  std::uint8_t outer_layers = 0;  // of a receiver
  std::uint32_t from = 0;         // the rank that it came from
  bool operator==(const LostCell&) const = default;
};
void describe(auto& codec, Of<LostCell> auto& lost) {
  codec.numbers(lost.why, lost.role, lost.outer_layers, lost.from);
  codec.require(lost.why <= 6 && lost.role <= 4 && lost.outer_layers <= 3);
}

}  // namespace mixnn
