#include "mixnn/owner/link/pace_settling.hpp"

#include <gtest/gtest.h>

#include <set>

#include "small_model.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

TEST(PaceSettling, APeriodHasRoomForARoundAndItsShareOfTheWork) {
  for (const Nanoseconds round : {1us, 90us, 3000us})
    for (const Nanoseconds work : {1us, 512us, 65536us})
      for (const std::size_t rounds : {2u, 4u}) {
        const Nanoseconds least = round + work / static_cast<std::int64_t>(rounds);
        const Nanoseconds period = period_for(round, work, rounds);
        EXPECT_GE(period, least);
        EXPECT_LE(period, least * 5 / 4 + 1ns);
      }
}

TEST(PaceSettling, PeriodsAreOfACoarseGrid) {
  std::set<Nanoseconds> periods;
  for (Nanoseconds work = 1us; work < 100ms; work += 7us) periods.insert(period_for(50us, work, 4));
  EXPECT_LT(periods.size(), 30u);
}

TEST(PaceSettling, WorkIsAPowerOfTwo) {
  const ModelSpec model = testing::small_model({1, 4, 6}, {14, 14, 4});
  std::vector<StageSpec> stages;
  for (std::size_t i = 0; i < 3; ++i) stages.push_back(model.stage(i, 8));
  Nanoseconds work = work_of_an_exchange(stages);
  EXPECT_LT(work, 1s);
  while (work > 1us) {
    EXPECT_EQ(work % 2us, 0ns);
    work /= 2;
  }
  EXPECT_EQ(work, 1us);
}

}  // namespace
}  // namespace mixnn
