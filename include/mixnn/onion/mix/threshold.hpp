#pragma once
#include <limits>
#include <optional>

#include "mixnn/base/clock.hpp"
#include "mixnn/onion/mix/numbers.hpp"

namespace mixnn {

// `threshold:N:MILLISECONDS`: at least N cells, or the deadline of the oldest cell.
struct ThresholdMix {
  static constexpr const char* kName = "threshold";
  std::uint32_t cells = 1;
  Nanoseconds deadline = std::chrono::milliseconds(5);

  bool release(std::size_t held, Nanoseconds oldest) const {
    return held >= cells || oldest >= deadline;
  }

  static void arguments(auto& visit, auto& mix) {
    visit.count("threshold", "N", mix.cells, 1, 65536);
    visit.milliseconds("deadline", "MILLISECONDS", mix.deadline, 60'000);
  }
  MixNumbers numbers() const { return {cells, deadline.count()}; }
  static std::optional<ThresholdMix> from(const MixNumbers& numbers) {
    if (numbers.threshold < 1) return std::nullopt;
    return ThresholdMix{numbers.threshold, Nanoseconds(numbers.deadline_ns)};
  }
  bool operator==(const ThresholdMix&) const = default;
};

}  // namespace mixnn
