#include "mixnn/session/automatic.hpp"

#include <gtest/gtest.h>

#include "mixnn/session/run_parameters.hpp"
#include "small_model.hpp"

namespace mixnn {
namespace {

using testing::small_model;

std::size_t choose(const ModelSpec& model, std::size_t batch, ElementType wire,
                   std::size_t hops = 3) {
  return choose_micro_batches(batch, largest_row_bytes(model, wire), hops);
}

// What simulations and measurements found fastest on two cores (bench/JOURNAL.md).
TEST(Automatic, MicroBatchesAreTheMeasuredBestOfKnownModels) {
  const ModelSpec mlp = small_model({1, 28, 28}, {128, 64, 10});
  const ModelSpec wide = small_model({1, 28, 28}, {1024, 1024, 1024, 10});
  for (const ElementType wire : {ElementType::kFloat32, ElementType::kBfloat16})
    for (const std::size_t hops : {1u, 3u}) {
      EXPECT_EQ(choose(mlp, 128, wire, hops), 2u);
      EXPECT_EQ(choose(mlp, 512, wire, hops), 4u);
      EXPECT_EQ(choose(wide, 512, wire, hops), 2u);
    }
}

TEST(Automatic, MicroBatchesFitTheBatchAndHaveABound) {
  EXPECT_EQ(choose_micro_batches(63, std::size_t{1} << 20, 3), 1u);
  EXPECT_EQ(choose_micro_batches(64, std::size_t{1} << 20, 3), 2u);
  EXPECT_EQ(choose_micro_batches(1, 784, 3), 1u);
  EXPECT_EQ(choose_micro_batches(3, std::size_t{1} << 12, 5), 1u);
  EXPECT_EQ(choose_micro_batches(std::size_t{1} << 20, 784, 3), 64u);
}

// P2: models with other stages, but the same largest row, are given the same number.
TEST(Automatic, MicroBatchesTellNothingOfTheCut) {
  const ModelSpec few = small_model({1, 28, 28}, {300, 10});
  const ModelSpec many = small_model({1, 28, 28}, {300, 300, 300, 20, 300, 300, 10});
  for (const std::size_t batch : {16u, 128u, 512u, 4096u})
    EXPECT_EQ(choose(few, batch, ElementType::kFloat32),
              choose(many, batch, ElementType::kFloat32));
}

TEST(Automatic, CandidatesFitTheBatch) {
  EXPECT_EQ(micro_batch_candidates(1), (std::vector<std::size_t>{1}));
  EXPECT_EQ(micro_batch_candidates(7), (std::vector<std::size_t>{1, 2, 4}));
  EXPECT_EQ(micro_batch_candidates(100000).back(), 64u);
}

// In rounds, among three ranks more than stages: mlp, wide, deep, cnn, gpt.
TEST(Automatic, MicroBatchesInRoundsAreThoseThatAreFastForKnownModels) {
  EXPECT_EQ(choose_round_micro_batches(512, 784, 6), 16u);
  EXPECT_EQ(choose_round_micro_batches(512, 4096, 7), 16u);
  EXPECT_EQ(choose_round_micro_batches(512, 4096, 11), 32u);
  EXPECT_EQ(choose_round_micro_batches(128, 12544, 5), 8u);
  EXPECT_EQ(choose_round_micro_batches(64, 32768, 6), 16u);
}

// deep in bfloat16 among nine ranks: half the bytes, and as many parameters to read.
TEST(Automatic, MicroBatchesInRoundsAreFewerWhereValuesAreShorter) {
  EXPECT_EQ(choose_round_micro_batches(512, 4096, 9, 4), 32u);
  EXPECT_EQ(choose_round_micro_batches(512, 2048, 9, 2), 16u);
}

// mlp among five ranks.
TEST(Automatic, MicroBatchesInRoundsAreFewerWhereStepsOverlap) {
  EXPECT_EQ(choose_round_micro_batches(512, 784, 5), 16u);
  EXPECT_EQ(choose_round_micro_batches(512, 784, 5, 4, true), 8u);
}

TEST(Automatic, MicroBatchesInRoundsFitTheBatchAndHaveABound) {
  EXPECT_EQ(choose_round_micro_batches(1, 784, 8), 1u);
  EXPECT_EQ(choose_round_micro_batches(3, 1 << 20, 8), 2u);
  EXPECT_EQ(choose_round_micro_batches(std::size_t{1} << 20, 784, 8), 64u);
  EXPECT_GE(choose_round_micro_batches(512, 784, 32), choose_round_micro_batches(512, 784, 8));
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
