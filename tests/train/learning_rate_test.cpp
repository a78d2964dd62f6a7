#include "mixnn/train/learning_rate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mixnn {
namespace {

constexpr LrDecay kEveryDecay[] = {LrDecay::kNone, LrDecay::kLinear, LrDecay::kStep,
                                   LrDecay::kCosine, LrDecay::kOneCycle};

TEST(LearningRate, RisesInEqualStepsToTheHighestAndThenFallsOverTheRest) {
  const LearningRate rate{.decay = LrDecay::kLinear, .highest = 0.5, .warmup = 4};
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_FLOAT_EQ(rate.at(i, 14, 7), 0.1f * static_cast<float>(i + 1)) << i;
  EXPECT_FLOAT_EQ(rate.at(4, 14, 7), 0.5f);
  EXPECT_FLOAT_EQ(rate.at(9, 14, 7), 0.25f);
  EXPECT_FLOAT_EQ(rate.at(13, 14, 7), 0.05f);
}

TEST(LearningRate, StaysBetweenTheLeastAndTheHighest) {
  for (const LrDecay decay : kEveryDecay)
    for (const std::size_t updates : {1, 2, 3, 4, 10, 33})
      for (const std::size_t warmup : {0, 3, 40}) {
        LearningRate rate{.decay = decay, .highest = 0.5, .least = 0.125, .warmup = warmup};
        rate.step_epochs = 1;
        for (std::size_t update = 0; update < updates + 3; ++update) {
          SCOPED_TRACE(std::to_string(update) + " of " + std::to_string(updates));
          const float now = rate.at(update, updates, 1);
          EXPECT_LE(now, 0.5f);
          EXPECT_GE(now, update < warmup ? 0.01f : 0.125f);
        }
      }
}

TEST(LearningRate, IsThatOfTheLastUpdateAfterIt) {
  for (const LrDecay decay : kEveryDecay) {
    const LearningRate rate{.decay = decay, .highest = 0.5, .warmup = 2, .step_epochs = 1};
    EXPECT_EQ(rate.at(19, 10, 3), rate.at(9, 10, 3));
  }
}

TEST(LearningRate, FallsAfterEpochsOfTheWholeTraining) {
  const LearningRate rate{.decay = LrDecay::kStep,
                          .highest = 0.5,
                          .least = 0.2,
                          .warmup = 3,
                          .step_epochs = 2,
                          .gamma = 0.5};
  EXPECT_EQ(rate.at(3, 100, 2), 0.5f);   // of the second epoch
  EXPECT_EQ(rate.at(4, 100, 2), 0.25f);  // of the third
  EXPECT_EQ(rate.at(8, 100, 2), 0.2f);
}

}  // namespace
}  // namespace mixnn
