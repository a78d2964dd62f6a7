#pragma once
#include <optional>
#include <variant>

#include "mixnn/onion/mix/shuffle.hpp"
#include "mixnn/onion/mix/threshold.hpp"

namespace mixnn {

// When a relay lets go of what it holds: all of it at once, in a random order (mix_pool.hpp). A
// strategy is one file of this folder and one name in this list; relays, options and reports go
// over the list. A strategy has
//   kName                      as it is called in options and reports
//   release(held, oldest)      whether all is released now: so many cells are held, and the first
//                              came `oldest` ago. Pure: it sees no cells
//   arguments(visit, mix)      what stands behind the name, in order; those that have a default
//                              come last. One description to read, print and explain them
//   numbers(), from(numbers)   its arguments as every rank is told them when the run begins
// The first whose from() takes the numbers is the strategy that is meant.
using MixStrategy = std::variant<ShuffleMix, ThresholdMix>;

inline MixNumbers numbers_of(const MixStrategy& mix) {
  return std::visit([](const auto& strategy) { return strategy.numbers(); }, mix);
}

// Nothing if no strategy has such numbers.
template <std::size_t I = 0>
std::optional<MixStrategy> mix_from(const MixNumbers& numbers) {
  if constexpr (I == std::variant_size_v<MixStrategy>) {
    return std::nullopt;
  } else {
    if (const auto mix = std::variant_alternative_t<I, MixStrategy>::from(numbers)) return *mix;
    return mix_from<I + 1>(numbers);
  }
}

}  // namespace mixnn
