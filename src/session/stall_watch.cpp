#include "mixnn/session/stall_watch.hpp"

#include <algorithm>

namespace mixnn {

void StallWatch::moved() {
  looked_ = clock_.now();
  waited_ = Nanoseconds{0};
}

bool StallWatch::stalled() {
  const Nanoseconds now = clock_.now();
  waited_ += std::min(now - looked_, kLongestGap);
  looked_ = now;
  return waited_ >= timeout_;
}

}  // namespace mixnn
