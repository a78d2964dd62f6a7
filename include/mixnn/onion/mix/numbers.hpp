#pragma once
#include <cstdint>

#include "mixnn/base/codec.hpp"

namespace mixnn {

// All that protocol version 5 can tell a rank about mixing, and so all that a strategy's arguments
// must fit into. One that needs more needs a new protocol version: u8 strategy, then its arguments.
struct MixNumbers {
  std::uint32_t threshold = 1;
  std::int64_t deadline_ns = 5'000'000;
};
void describe(auto& codec, Of<MixNumbers> auto& numbers) {
  codec.numbers(numbers.threshold, numbers.deadline_ns);
}

}  // namespace mixnn
