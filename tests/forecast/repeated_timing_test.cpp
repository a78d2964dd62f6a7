#include "mixnn/forecast/repeated_timing.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace mixnn {
namespace {

TEST(LowerMedian, IsAMiddleValue) {
  EXPECT_EQ(lower_median({3}), 3);
  EXPECT_EQ(lower_median({9, 1, 5}), 5);
  EXPECT_EQ(lower_median({9, 1, 5, 7}), 5);
}

TEST(RepeatedTiming, GivesMediansByPartAndLeavesOutTheFirstRun) {
  double run = 0;
  const auto once = [&] {
    const bool first = run++ == 0;
    return std::vector<double>{first ? 1e9 : run, 7};
  };
  const std::vector<double> medians = repeated_timing(once, 3, ManualClock());
  EXPECT_EQ(run, 16);  // nothing takes time: as many tries as there may be
  EXPECT_EQ(medians, (std::vector<double>{9, 7}));  // runs 2 .. 16
}

TEST(RepeatedTiming, IsSoonAtItsEndWhereOneRunTakesLong) {
  int runs = 0;
  ManualClock clock;
  const auto once = [&] {
    ++runs;
    clock.advance(std::chrono::milliseconds(40));
    return std::vector<double>{0.04};
  };
  repeated_timing(once, 3, clock);
  EXPECT_EQ(runs, 4);
}

TEST(SecondsOf, IsTheWallTimeOfTheWork) {
  EXPECT_GE(seconds_of([] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }), 0.005);
}

}  // namespace
}  // namespace mixnn
