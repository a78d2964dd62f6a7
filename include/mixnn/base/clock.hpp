#pragma once
#include <chrono>

namespace mixnn {

using Nanoseconds = std::chrono::nanoseconds;

// Time since some fixed moment, never going back. An interface so that tests can own time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanoseconds now() const = 0;
};

class SteadyClock final : public Clock {
 public:
  Nanoseconds now() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

// A clock that moves only when told to.
class ManualClock final : public Clock {
 public:
  Nanoseconds now() const override { return now_; }
  void advance(Nanoseconds by) { now_ += by; }

 private:
  Nanoseconds now_{0};
};

inline double seconds(Nanoseconds t) { return std::chrono::duration<double>(t).count(); }

// Wall time since construction.
class Stopwatch {
 public:
  double seconds() const { return mixnn::seconds(SteadyClock().now() - start_); }

 private:
  Nanoseconds start_ = SteadyClock().now();
};

}  // namespace mixnn
