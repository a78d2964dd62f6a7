#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include "mixnn/base/clock.hpp"

namespace mixnn {

// How long the last rounds took.
class RoundTimes {
 public:
  void add(Nanoseconds time) { times_[added_++ % times_.size()] = time; }
  // All but one in a hundred at most; 0 if there were none.
  Nanoseconds percentile99() const {
    std::array<Nanoseconds, kKept> sorted = times_;
    const std::size_t count = std::min<std::size_t>(added_, kKept);
    if (count == 0) return Nanoseconds{0};
    const std::size_t at = (99 * count + 99) / 100 - 1;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at),
                     sorted.begin() + static_cast<std::ptrdiff_t>(count));
    return sorted[at];
  }

 private:
  static constexpr std::size_t kKept = 200;
  std::array<Nanoseconds, kKept> times_{};
  std::size_t added_ = 0;
};

}  // namespace mixnn
