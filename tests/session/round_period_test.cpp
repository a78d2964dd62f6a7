#include "mixnn/session/round_period.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mixnn {
namespace {

using namespace std::chrono_literals;

TEST(RoundPeriod, APeriodHasRoomForARoundAndItsShareOfTheWork) {
  for (const Nanoseconds round : {1us, 90us, 3000us})
    for (const Nanoseconds work : {1us, 512us, 65536us})
      for (const std::size_t rounds : {2u, 4u}) {
        const Nanoseconds least = round + work / static_cast<std::int64_t>(rounds);
        const Nanoseconds period = period_for(round, work, rounds);
        EXPECT_GE(period, least);
        EXPECT_LE(period, least * 5 / 4 + 1ns);
      }
}

TEST(RoundPeriod, PeriodsAreOfACoarseGrid) {
  std::set<Nanoseconds> periods;
  for (Nanoseconds work = 1us; work < 100ms; work += 7us) periods.insert(period_for(50us, work, 4));
  EXPECT_LT(periods.size(), 30u);
}

}  // namespace
}  // namespace mixnn
