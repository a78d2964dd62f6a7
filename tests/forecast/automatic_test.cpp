#include "mixnn/forecast/automatic.hpp"

#include <gtest/gtest.h>

#include "small_model.hpp"

namespace mixnn {
namespace {

using testing::small_model;

TEST(Automatic, MicroBatchesAreTheMeasuredBestOfKnownModels) {
  const auto choose = [](const ModelSpec& model, std::size_t batch, std::size_t ranks) {
    TrainingOptions training;
    training.batch_size = batch;
    return choose_micro_batches(model, training, 3, ranks);
  };
  const ModelSpec mlp = small_model({1, 28, 28}, {128, 64, 10});
  EXPECT_EQ(choose(mlp, 128, 8), 2u);
  EXPECT_EQ(choose(mlp, 512, 8), 4u);
  EXPECT_EQ(choose(mlp, 1, 8), 1u);
  const std::size_t wide = choose(small_model({1, 28, 28}, {1024, 1024, 1024, 10}), 512, 9);
  EXPECT_EQ(wide, 2u);
}

TEST(Automatic, MicroBatchesDependOnNothingElse) {
  TrainingOptions training, other;
  other.seed = 99;
  other.epochs = 77;
  other.micro_batches = 3;
  other.learning_rate = 1;
  const ModelSpec mlp = small_model({1, 28, 28}, {128, 64, 10});
  EXPECT_EQ(choose_micro_batches(mlp, training, 3, 8), choose_micro_batches(mlp, other, 3, 8));
}

TEST(Automatic, CandidatesFitTheBatch) {
  EXPECT_EQ(micro_batch_candidates(1), (std::vector<std::size_t>{1}));
  EXPECT_EQ(micro_batch_candidates(7), (std::vector<std::size_t>{1, 2, 4}));
  EXPECT_EQ(micro_batch_candidates(100000).back(), 64u);
}

// P2: what all ranks are told must not tell the number of stages.
TEST(Automatic, InFlightIsByPublicNumbersAndEnoughForAnyStages) {
  EXPECT_EQ(choose_in_flight(3, 8), 16u);
  EXPECT_EQ(choose_in_flight(3, 33), 58u);
  for (std::size_t ranks = 5; ranks < 100; ++ranks)
    for (std::size_t stages = 1; 1 + stages + 3 <= ranks; ++stages)
      EXPECT_GE(choose_in_flight(3, ranks), 2 * stages);
}

}  // namespace
}  // namespace mixnn
