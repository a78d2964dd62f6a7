#include "mixnn/onion/mix/mix_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/crypto_testing.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/onion/mix/strategy.hpp"

namespace mixnn {
namespace {

using std::chrono::milliseconds;

// Only counts: releases when told to, and keeps what it was asked.
class Watching {
 public:
  bool release(std::size_t held, Nanoseconds oldest) const {
    seen_held = held, seen_oldest = oldest;
    return open;
  }
  mutable std::size_t seen_held = 0;
  mutable Nanoseconds seen_oldest{};
  bool open = false;
};

TEST(MixPool, ShuffleReleasesAllThatIsThereAndOnlyOnce) {
  CellPool cells(64, 50);
  Csprng rng = testing::seeded(1);
  MixPool pool;
  std::vector<MixedCell> out;
  for (std::uint32_t round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < 50; ++i) {
      CellBuffer cell = cells.take();
      ASSERT_TRUE(cell);
      cell.bytes()[0] = static_cast<std::byte>(i);
      pool.add({i, std::move(cell)}, {});
    }
    pool.release(ShuffleMix(), {}, rng, out);
    EXPECT_EQ(pool.size(), 0u);
    ASSERT_EQ(out.size(), 50u);
    std::vector<bool> seen(50);
    for (const MixedCell& cell : out) {
      EXPECT_EQ(cell.cell.bytes()[0], static_cast<std::byte>(cell.next))
          << "a cell goes where it belongs";
      EXPECT_FALSE(seen[cell.next]);
      seen[cell.next] = true;
    }
    pool.release(ShuffleMix(), {}, rng, out);
    EXPECT_TRUE(out.empty());
  }
}

// Whatever order four cells arrive in, all 24 orders leave equally often.
TEST(MixPool, OrdersAreUniform) {
  Csprng rng = testing::seeded(2);
  MixPool pool;
  std::vector<MixedCell> out;
  std::vector<int> counts(256);
  for (int i = 0; i < 24000; ++i) {
    for (std::uint32_t c = 0; c < 4; ++c) pool.add({c, {}}, {});
    pool.release(ShuffleMix(), {}, rng, out);
    std::uint32_t order = 0;
    for (const MixedCell& cell : out) order = 4 * order + cell.next;
    ++counts[order];
  }
  std::erase(counts, 0);
  ASSERT_EQ(counts.size(), 24u);
  EXPECT_LT(testing::chi_square(counts), testing::kChi23p001);
}

TEST(MixPool, ThresholdWaitsForSoManyCells) {
  Csprng rng = testing::seeded(3);
  MixPool pool;
  std::vector<MixedCell> out;
  const ThresholdMix three{3, milliseconds(10)};
  for (int round = 0; round < 2; ++round) {  // what was released before does not count
    for (int i = 0; i < 2; ++i) {
      pool.add({0, {}}, milliseconds(i));
      pool.release(three, milliseconds(2), rng, out);
      EXPECT_TRUE(out.empty());
    }
    pool.add({0, {}}, milliseconds(2));
    pool.release(three, milliseconds(2), rng, out);
    EXPECT_EQ(out.size(), 3u);
  }
}

TEST(MixPool, ThresholdGivesUpAtTheDeadlineOfItsOldestCell) {
  Csprng rng = testing::seeded(4);
  MixPool pool;
  std::vector<MixedCell> out;
  const ThresholdMix three{3, milliseconds(10)};
  for (const int start : {5, 100}) {
    pool.add({0, {}}, milliseconds(start));
    pool.add({0, {}}, milliseconds(start + 9));
    pool.release(three, milliseconds(start + 10) - Nanoseconds(1), rng, out);
    EXPECT_TRUE(out.empty());
    pool.release(three, milliseconds(start + 10), rng, out);
    EXPECT_EQ(out.size(), 2u);
  }
}

TEST(MixPool, TheStrategyIsToldHowManyWaitAndForHowLong) {
  Csprng rng = testing::seeded(5);
  MixPool pool;
  Watching watching;
  std::vector<MixedCell> out;
  for (std::size_t i = 1; i <= 500; ++i) {
    pool.add({0, {}}, milliseconds(3 + static_cast<int>(i)));
    pool.release(watching, milliseconds(1000), rng, out);
    ASSERT_EQ(watching.seen_held, i);
    ASSERT_EQ(watching.seen_oldest, milliseconds(996));
  }
}

TEST(MixPool, AnEmptyPoolAsksNobody) {
  Csprng rng = testing::seeded(6);
  MixPool pool;
  Watching watching;
  watching.open = true;
  watching.seen_held = 99;
  std::vector<MixedCell> out(3);
  pool.release(watching, {}, rng, out);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(watching.seen_held, 99u);
}

}  // namespace
}  // namespace mixnn
