#include "mixnn/audit/inference/interval.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "audit/synthetic.hpp"

namespace mixnn {
namespace {

TEST(BootstrapMean, OfEqualValuesIsThatValue) {
  const Interval interval = bootstrap_mean(std::vector<double>(9, 0.3));
  EXPECT_EQ(interval.mean, 0.3);
  EXPECT_EQ(interval.low, 0.3);
  EXPECT_EQ(interval.high, 0.3);
}

TEST(BootstrapMean, HoldsTheMeanAboutAsOftenAsItSays) {
  CounterRng rng = testing::synthetic_rng(30);
  for (const std::size_t runs : {10u, 50u}) {
    int held = 0;
    constexpr int kTrials = 300;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<double> values(runs);
      for (double& value : values) value = 2 + testing::normal_number(rng);
      const Interval interval = bootstrap_mean(values);
      held += interval.low <= 2 && 2 <= interval.high ? 1 : 0;
    }
    EXPECT_GE(held, kTrials * 0.91) << runs;
    EXPECT_LE(held, kTrials * 0.99) << runs;
  }
}

TEST(BootstrapMean, IsTheSameEachTime) {
  const std::vector<double> values{1, 2, 4, 8};
  EXPECT_EQ(bootstrap_mean(values).low, bootstrap_mean(values).low);
  EXPECT_LT(bootstrap_mean(values).low, 3.75);
  EXPECT_GT(bootstrap_mean(values).high, 3.75);
}

}  // namespace
}  // namespace mixnn
