#include "mixnn/base/clock.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

TEST(Clock, ASteadyClockNeverGoesBack) {
  const SteadyClock clock;
  Nanoseconds last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const Nanoseconds now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(Clock, AManualClockMovesWhenTold) {
  ManualClock clock;
  EXPECT_EQ(clock.now(), Nanoseconds(0));
  clock.advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(clock.now(), std::chrono::milliseconds(1500));
  EXPECT_DOUBLE_EQ(seconds(clock.now()), 1.5);
}

}  // namespace
}  // namespace mixnn
