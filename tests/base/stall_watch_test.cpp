#include "mixnn/base/stall_watch.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

using namespace std::chrono_literals;

struct WatchCase {
  ManualClock clock{};
  StallWatch watch{60s, clock};
  // Looks every 10 ms for so long; whether it was ever called stuck.
  bool wait(Nanoseconds time) {
    for (Nanoseconds at{0}; at < time; at += 10ms) {
      clock.advance(10ms);
      if (watch.stalled()) return true;
    }
    return false;
  }
};

TEST(StallWatch, CallsARunStuckAfterTheTimeout) {
  WatchCase c;
  EXPECT_FALSE(c.wait(59s));
  EXPECT_TRUE(c.wait(2s));
}

TEST(StallWatch, WhateverComesBeginsTheTimeAnew) {
  WatchCase c;
  EXPECT_FALSE(c.wait(59s));
  c.watch.moved();
  EXPECT_FALSE(c.wait(59s));
}

// SIGSTOP and SIGCONT, a suspended job: "no progress" in about half of the tries.
TEST(StallWatch, TimeInWhichTheProcessDidNotRunIsNoWaiting) {
  WatchCase c;
  EXPECT_FALSE(c.wait(30s));
  c.clock.advance(24h);
  EXPECT_FALSE(c.watch.stalled());
  EXPECT_FALSE(c.wait(28s));
  EXPECT_TRUE(c.wait(2s));
}

// With one stop after the other it still ends.
TEST(StallWatch, AProcessThatHardlyRunsIsStuckInTheEnd) {
  WatchCase c;
  bool stuck = false;
  for (int i = 0; i < 100 && !stuck; ++i) {
    c.clock.advance(1h);
    stuck = c.watch.stalled();
  }
  EXPECT_TRUE(stuck);
}

TEST(StallWatch, AShortTimeoutIsAsShortAsItSays) {
  WatchCase c{.watch = StallWatch(500ms, c.clock)};
  EXPECT_FALSE(c.wait(490ms));
  EXPECT_TRUE(c.wait(10ms));
}

// A second's timeout, and one stop.
TEST(StallWatch, OneStopIsNotAShortTimeout) {
  WatchCase c{.watch = StallWatch(1s, c.clock)};
  EXPECT_FALSE(c.wait(500ms));
  c.clock.advance(1h);
  EXPECT_FALSE(c.watch.stalled());
  EXPECT_FALSE(c.wait(390ms));
  EXPECT_TRUE(c.wait(10ms));
}

}  // namespace
}  // namespace mixnn
