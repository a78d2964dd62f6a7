#include "mixnn/data/batching.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace mixnn {
namespace {

using Rows = std::vector<std::size_t>;

TEST(EpochOrder, IsAPermutationOfSeedAndEpochAlone) {
  const auto order = epoch_order(1000, 3, 1);
  auto sorted = order;
  std::ranges::sort(sorted);
  std::vector<std::uint32_t> all(1000);
  std::iota(all.begin(), all.end(), 0u);
  EXPECT_EQ(sorted, all);
  EXPECT_NE(order, all);
  EXPECT_EQ(epoch_order(1000, 3, 1), order);
  EXPECT_NE(epoch_order(1000, 3, 2), order);
  EXPECT_NE(epoch_order(1000, 4, 1), order);
}

TEST(MicroBatches, TheFirstTakeTheRemainder) {
  EXPECT_EQ(micro_batch_rows(128, 4), (Rows{32, 32, 32, 32}));
  EXPECT_EQ(micro_batch_rows(10, 4), (Rows{3, 3, 2, 2}));
  EXPECT_EQ(micro_batch_rows(3, 4), (Rows{1, 1, 1}));
  EXPECT_EQ(micro_batch_rows(5, 1), (Rows{5}));
  EXPECT_EQ(micro_batch_rows(0, 4), Rows{});
}

TEST(MicroBatches, CoverTheBatchAndNeverExceedTheStatedMaximum) {
  for (std::size_t rows = 1; rows <= 40; ++rows)
    for (std::size_t batch = rows; batch <= 40; ++batch)
      for (std::size_t m = 1; m <= 12; ++m) {
        const Rows split = micro_batch_rows(rows, m);
        EXPECT_EQ(std::accumulate(split.begin(), split.end(), std::size_t{0}), rows);
        EXPECT_EQ(split.size(), std::min(m, rows));
        EXPECT_TRUE(std::ranges::is_sorted(split, std::greater{}));
        EXPECT_LE(split.front() - split.back(), 1u);
        EXPECT_LE(split.front(), (batch + m - 1) / m);  // TrainingOptions::max_rows
      }
}

TEST(Steps, CutTheEpochWithAShorterLast) {
  const auto order = epoch_order(10, 1, 0);
  ASSERT_EQ(steps_per_epoch(10, 4), 3u);
  std::vector<std::uint32_t> joined;
  for (std::size_t s = 0; s < 3; ++s) {
    const Step step = step_at(order, s, 4, 2);
    EXPECT_EQ(step.samples.size(), s < 2 ? 4u : 2u);
    EXPECT_EQ(step.micro_batch_rows, s < 2 ? (Rows{2, 2}) : (Rows{1, 1}));
    joined.insert(joined.end(), step.samples.begin(), step.samples.end());
  }
  EXPECT_EQ(joined, order);
  EXPECT_EQ(steps_per_epoch(8, 4), 2u);
  EXPECT_EQ(steps_per_epoch(1, 4), 1u);
  EXPECT_DEATH(step_at(order, 3, 4, 2), "no such step");
}

}  // namespace
}  // namespace mixnn
