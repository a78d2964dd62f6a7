#include "mixnn/rounds/arrivals.hpp"

#include <gtest/gtest.h>

#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

using Taken = Arrivals::Taken;

// What comes to rank 1 of 4, with two hops: rounds 0 to 2.
class Coming : public ::testing::Test {
 protected:
  Taken come(const SlotName& name, std::uint32_t from) {
    CellBuffer cell = pool.take();
    write_name(name, SlotView(cell.bytes()).clear());
    return arrivals.take(now, from, std::move(cell));
  }
  static SlotName named(std::uint64_t exchange, std::uint8_t round) {
    return {exchange, round, DrawNumber::kTraining};
  }

  CellPool pool{slot_bytes(32), 64};
  Arrivals arrivals{1, 4, 2};
  SlotName now = named(5, 1);
};

TEST_F(Coming, ThisRoundAndTheNextAreKeptAndNothingElse) {
  EXPECT_EQ(come(named(5, 1), 0), Taken::kKept);
  EXPECT_EQ(come(named(5, 2), 0), Taken::kKept);
  EXPECT_EQ(come(named(5, 1), 0), Taken::kAgain);
  EXPECT_EQ(come(named(5, 0), 0), Taken::kAgain);
  EXPECT_EQ(come(named(4, 2), 0), Taken::kAgain);
  EXPECT_EQ(come(named(5, 3), 2), Taken::kOther) << "no such round";
  EXPECT_EQ(come(named(6, 0), 2), Taken::kOther) << "too early";
  EXPECT_EQ(come(named(7, 0), 2), Taken::kOther);
  EXPECT_EQ(come(named(~std::uint64_t{0}, 2), 2), Taken::kOther);
  EXPECT_EQ(come({5, 1, DrawNumber::kBulk}, 2), Taken::kOther);
  EXPECT_EQ(come(named(5, 1), 1), Taken::kOther) << "from itself";
  EXPECT_EQ(come(named(5, 1), 4), Taken::kOther) << "from nobody";
  EXPECT_EQ(pool.in_use(), 2u) << "what is dropped goes back";
}

TEST_F(Coming, ARoundIsThereWhenEveryOtherRankHasSent) {
  for (const std::uint32_t from : {0u, 2u}) EXPECT_EQ(come(named(5, 1), from), Taken::kKept);
  EXPECT_FALSE(arrivals.all_here(now));
  EXPECT_FALSE(arrivals.others_are_further(now));
  EXPECT_EQ(come(named(5, 2), 0), Taken::kKept);
  EXPECT_FALSE(arrivals.others_are_further(now)) << "not the one that is missed";
  EXPECT_EQ(come(named(5, 2), 3), Taken::kKept);
  EXPECT_TRUE(arrivals.others_are_further(now));
  EXPECT_EQ(come(named(5, 1), 3), Taken::kKept);
  EXPECT_TRUE(arrivals.all_here(now));
  arrivals.done(now);
  now = named(5, 2);
  EXPECT_EQ(pool.in_use(), 2u);
  EXPECT_FALSE(arrivals.all_here(now));
  EXPECT_EQ(come(now, 2), Taken::kKept);
  EXPECT_TRUE(arrivals.all_here(now));
}

TEST_F(Coming, TheDrawOfWhatCameEarlyIsLookedAtLater) {
  now = named(5, 2);
  EXPECT_EQ(come({6, 0, DrawNumber::kBulk}, 0), Taken::kKept);
  EXPECT_EQ(come(named(6, 0), 2), Taken::kKept);
  now = named(6, 0);
  std::vector<std::uint32_t> dropped;
  arrivals.drop_other_draws(now, [&](std::uint32_t from) { dropped.push_back(from); });
  EXPECT_EQ(dropped, std::vector<std::uint32_t>{0});
  EXPECT_EQ(pool.in_use(), 1u);
  EXPECT_EQ(come(now, 0), Taken::kKept) << "the right one has its place";
  EXPECT_EQ(come(now, 3), Taken::kKept);
  EXPECT_TRUE(arrivals.all_here(now));
}

}  // namespace
}  // namespace mixnn
