#include "mixnn/base/stall_watch.hpp"

#include <algorithm>

namespace mixnn {

const Clock& StallWatch::steady_clock() {
  static const SteadyClock clock;
  return clock;
}

void StallWatch::moved() {
  looked_ = clock_.now();
  waited_ = Nanoseconds{0};
}

bool StallWatch::stalled() {
  const Nanoseconds now = clock_.now();
  waited_ += std::min({now - looked_, kLongestGap, timeout_ / 10});
  looked_ = now;
  return waited_ >= timeout_;
}

}  // namespace mixnn
