#pragma once
#include <optional>

#include "mixnn/base/clock.hpp"
#include "mixnn/onion/mix/numbers.hpp"

namespace mixnn {

// `shuffle`: whatever is there.
struct ShuffleMix {
  static constexpr const char* kName = "shuffle";

  bool release(std::size_t, Nanoseconds) const { return true; }

  static void arguments(auto&, auto&) {}
  MixNumbers numbers() const { return {}; }
  static std::optional<ShuffleMix> from(const MixNumbers& numbers) {
    if (numbers.threshold != 1) return std::nullopt;
    return ShuffleMix{};
  }
  bool operator==(const ShuffleMix&) const = default;
};

}  // namespace mixnn
