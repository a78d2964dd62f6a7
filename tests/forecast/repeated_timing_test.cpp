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
  const std::vector<double> medians = repeated_timing([&] {
    const bool first = run++ == 0;
    return std::vector<double>{first ? 1e9 : run, 7};
  });
  EXPECT_EQ(run, 16);  // nothing takes time: as many tries as there may be
  EXPECT_EQ(medians, (std::vector<double>{9, 7}));  // runs 2 .. 16
}

TEST(RepeatedTiming, IsSoonAtItsEndWhereOneRunTakesLong) {
  int runs = 0;
  repeated_seconds([&] {
    ++runs;
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
  });
  EXPECT_EQ(runs, 4);
}

TEST(SecondsOf, IsTheWallTimeOfTheWork) {
  EXPECT_GE(seconds_of([] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }), 0.005);
}

}  // namespace
}  // namespace mixnn
