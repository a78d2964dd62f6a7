#pragma once
#include "mixnn/base/clock.hpp"

namespace mixnn {

// Decides that a wait is over: for the timeout nothing has come, in time in which this process ran.
// Between two looks at the clock it may have been stopped (SIGSTOP, a suspended job, a paused
// virtual machine), and that is nobody else's fault: a long gap counts as a short one.
class StallWatch {
 public:
  // The clock must outlive the watch.
  explicit StallWatch(Nanoseconds timeout, const Clock& clock = steady_clock())
      : timeout_(timeout), clock_(clock), looked_(clock.now()) {}

  void moved();    // something has come, or a wait begins
  bool stalled();  // a look, again and again while nothing comes
  Nanoseconds timeout() const { return timeout_; }

  // As much of the time between two looks counts, and at most a tenth of the timeout: who was
  // stopped has most of it left. Who waits looks many times a second.
  static constexpr Nanoseconds kLongestGap = std::chrono::seconds(1);

 private:
  static const Clock& steady_clock();

  Nanoseconds timeout_;
  const Clock& clock_;
  Nanoseconds looked_, waited_{0};
};

}  // namespace mixnn
