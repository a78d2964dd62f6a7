#include "mixnn/train/best_epoch.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mixnn {
namespace {

std::vector<EpochRecord> with_losses(std::initializer_list<double> losses) {
  std::vector<EpochRecord> epochs;
  for (const double loss : losses) epochs.push_back({{}, {0, loss, {}}});
  return epochs;
}

TEST(BestEpoch, IsTheOneWithTheSmallestTestLoss) {
  EXPECT_EQ(best_epoch({}), std::nullopt);
  EXPECT_EQ(best_epoch(with_losses({3})), 0u);
  EXPECT_EQ(best_epoch(with_losses({3, 1, 2})), 1u);
  EXPECT_EQ(best_epoch(with_losses({3, 2, 1})), 2u);
}

TEST(BestEpoch, OfEqualOnesIsTheFirst) { EXPECT_EQ(best_epoch(with_losses({2, 1, 1})), 1u); }

TEST(StopsEarly, OnceSoManyEpochsInARowWereNoBetter) {
  EXPECT_FALSE(stops_early({}, 1));
  EXPECT_FALSE(stops_early(with_losses({1}), 1));
  EXPECT_TRUE(stops_early(with_losses({1, 2}), 1));
  EXPECT_TRUE(stops_early(with_losses({1, 1}), 1));
  EXPECT_FALSE(stops_early(with_losses({1, 2}), 2));
  EXPECT_TRUE(stops_early(with_losses({1, 2, 3}), 2));
  EXPECT_FALSE(stops_early(with_losses({2, 3, 1}), 2));
  EXPECT_FALSE(stops_early(with_losses({2, 3, 1, 4}), 2));
  EXPECT_TRUE(stops_early(with_losses({2, 3, 1, 4, 1.5}), 2));
}

TEST(StopsEarly, NeverIfNotAsked) { EXPECT_FALSE(stops_early(with_losses({1, 2, 3, 4}), 0)); }

}  // namespace
}  // namespace mixnn
