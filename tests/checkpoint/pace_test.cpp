#include "mixnn/checkpoint/pace.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

using Unit = CheckpointOptions::Interval::Unit;

TEST(CheckpointPace, LooksUpAboutOnceASecondWhateverAStepTakes) {
  const ManualClock clock;
  CheckpointPace pace({Unit::kMinutes, 10}, clock);
  EXPECT_EQ(pace.steps_ahead(), 1u);
  for (int i = 0; i < 8; ++i)
    pace.trained(pace.steps_ahead(), 0.01 * static_cast<double>(pace.steps_ahead()));
  EXPECT_EQ(pace.steps_ahead(), 100u);
  pace.trained(100, 300);
  EXPECT_EQ(pace.steps_ahead(), 1u);
  pace.trained(0, 0);
  EXPECT_GE(pace.steps_ahead(), 1u);
}

TEST(CheckpointPace, MinutesAreOfTheClock) {
  ManualClock clock;
  CheckpointPace pace({Unit::kMinutes, 2}, clock);
  clock.advance(std::chrono::seconds(119));
  EXPECT_FALSE(pace.due());
  clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(pace.due());
  pace.written();
  EXPECT_FALSE(pace.due());
}

TEST(CheckpointPace, BatchesAreExact) {
  const ManualClock clock;
  CheckpointPace pace({Unit::kBatches, 7}, clock);
  std::size_t trained = 0;
  while (!pace.due()) {
    const std::size_t steps = pace.steps_ahead();
    pace.trained(steps, 0.001);
    trained += steps;
    ASSERT_LE(trained, 7u);
  }
  EXPECT_EQ(trained, 7u);
  pace.written();
  EXPECT_FALSE(pace.due());
}

TEST(CheckpointPace, AfterAFailureItIsDueAgainSoonAndThenLessAndLessOften) {
  ManualClock clock;
  CheckpointPace pace({Unit::kEpochs, 1}, clock);
  pace.epoch_ended();
  for (const int wait_s : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}) {
    EXPECT_TRUE(pace.due());
    pace.failed();
    clock.advance(std::chrono::seconds(wait_s) - std::chrono::nanoseconds(1));
    EXPECT_FALSE(pace.due()) << wait_s;
    clock.advance(std::chrono::nanoseconds(1));
  }
  pace.written();
  EXPECT_FALSE(pace.due());
}

TEST(CheckpointPace, EpochsAreCountedSinceTheLast) {
  const ManualClock clock;
  CheckpointPace pace({Unit::kEpochs, 2}, clock);
  pace.trained(1000, 1);
  pace.epoch_ended();
  EXPECT_FALSE(pace.due());
  pace.epoch_ended();
  EXPECT_TRUE(pace.due());
  pace.written();
  EXPECT_FALSE(pace.due());
}

}  // namespace
}  // namespace mixnn
