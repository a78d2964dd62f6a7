// The pipelined training over relays gives the bits of the single-process reference (P8), whatever
// the route.
#include <gtest/gtest.h>

#include "job/loopback_job.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;
using testing::TrainedJob;

const Shape kTrainingInput{1, 4, 5};

TrainingOptions sgd_training() {
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 12;
  training.micro_batches = 3;
  training.learning_rate = 0.05f;
  training.weight_decay = 0.001f;
  training.seed = 77;
  return training;
}

struct TrainingCase {
  std::size_t hops, micro_batches, batch, extra_relays;
  AeadChoice aead;
  ScheduleKind schedule;
  Padding padding;
  std::size_t in_flight;
  ElementType wire = ElementType::kFloat32;
};

class BitIdentity : public ::testing::TestWithParam<TrainingCase> {};

TEST_P(BitIdentity, TrainingOverRelaysEqualsTheReference) {
  const TrainingCase& c = GetParam();
  const ModelSpec model = testing::small_model(kTrainingInput, {16, 12, 4});
  const DataPair data = testing::small_pair(50, 23, kTrainingInput, 4);
  TrainingOptions training = sgd_training();
  training.batch_size = c.batch;
  training.micro_batches = c.micro_batches;
  training.wire = c.wire;
  SessionOptions session;
  session.hops = c.hops;
  session.aead = c.aead;
  session.schedule = c.schedule;
  session.padding = c.padding;
  session.in_flight = c.in_flight;
  session.timeout = std::chrono::seconds(10);
  LoopbackJob job(static_cast<int>(1 + 3 + c.hops + c.extra_relays));
  job.network.reorder(true);
  const TrainedJob ours = testing::train(job, model, data, training, session);
  testing::expect_same(ours, testing::train_reference(model, data, training));
  EXPECT_EQ(ours.totals.rejected, 0u);
  EXPECT_EQ(ours.totals.cells, job.network.cells_sent());
}

constexpr auto kAes = AeadChoice::kAuto;
constexpr auto kChaCha = AeadChoice::kChaCha20Poly1305;
constexpr auto kG = ScheduleKind::kGpipe;
constexpr auto kF = ScheduleKind::k1F1B;
constexpr auto kU = Padding::kUniform;
constexpr auto kC = Padding::kCells;
constexpr auto kBf16 = ElementType::kBfloat16;
constexpr auto kInt8 = ElementType::kInt8;

INSTANTIATE_TEST_SUITE_P(Hops, BitIdentity,
                         ::testing::Values(TrainingCase{0, 3, 12, 0, kAes, kF, kU, 16},
                                           TrainingCase{1, 3, 12, 0, kAes, kF, kU, 16},
                                           TrainingCase{2, 3, 12, 0, kAes, kF, kU, 16},
                                           TrainingCase{3, 3, 12, 0, kAes, kF, kU, 16},
                                           TrainingCase{4, 3, 12, 0, kAes, kF, kU, 16},
                                           TrainingCase{5, 3, 12, 0, kAes, kF, kU, 16}));
INSTANTIATE_TEST_SUITE_P(MicroBatches, BitIdentity,
                         ::testing::Values(TrainingCase{2, 1, 12, 1, kAes, kG, kU, 16},
                                           TrainingCase{2, 2, 12, 1, kAes, kF, kU, 16},
                                           TrainingCase{2, 4, 12, 1, kAes, kG, kU, 16},
                                           TrainingCase{2, 8, 12, 1, kAes, kF, kU, 16},
                                           TrainingCase{2, 8, 8, 1, kAes, kG, kU, 3},
                                           TrainingCase{2, 8, 8, 1, kAes, kF, kU, 1}));
INSTANTIATE_TEST_SUITE_P(Others, BitIdentity,
                         ::testing::Values(TrainingCase{3, 4, 7, 2, kChaCha, kF, kU, 16},
                                           TrainingCase{3, 4, 50, 2, kChaCha, kG, kC, 2},
                                           TrainingCase{1, 2, 49, 3, kAes, kF, kC, 16},
                                           TrainingCase{3, 4, 64, 0, kAes, kG, kU, 1}));
INSTANTIATE_TEST_SUITE_P(Bfloat16, BitIdentity,
                         ::testing::Values(TrainingCase{3, 3, 12, 1, kAes, kF, kU, 16, kBf16},
                                           TrainingCase{0, 1, 12, 0, kAes, kG, kU, 16, kBf16},
                                           TrainingCase{1, 4, 7, 2, kChaCha, kF, kC, 2, kBf16}));

INSTANTIATE_TEST_SUITE_P(Int8, BitIdentity,
                         ::testing::Values(TrainingCase{3, 3, 12, 1, kAes, kF, kU, 16, kInt8},
                                           TrainingCase{0, 1, 12, 0, kAes, kG, kU, 16, kInt8},
                                           TrainingCase{1, 4, 7, 2, kChaCha, kF, kC, 2, kInt8}));

TEST(LearningRate, FallsLinearlyOverTheWholeRunOrStays) {
  TrainingOptions training;
  training.learning_rate = 0.5f;
  EXPECT_EQ(training.learning_rate_at(0, 10), 0.5f);
  EXPECT_FLOAT_EQ(training.learning_rate_at(5, 10), 0.25f);
  EXPECT_FLOAT_EQ(training.learning_rate_at(9, 10), 0.05f);
  EXPECT_FLOAT_EQ(training.learning_rate_at(12, 10), 0.05f);
  training.lr_decay = LrDecay::kNone;
  EXPECT_EQ(training.learning_rate_at(9, 10), 0.5f);
}

// The learning rate falls by the tests: those of the ranks are the reference's.
TEST(PlateauTraining, HasTheBitsOfTheReference) {
  const ModelSpec model = testing::small_model(kTrainingInput, {16, 12, 4});
  const DataPair data = testing::small_pair(50, 20, kTrainingInput, 4);
  TrainingOptions training = sgd_training();
  training.epochs = 4;
  training.learning_rate = 0.5f;
  training.lr_decay = LrDecay::kPlateau;
  training.lr_patience = 0;
  LoopbackJob job(7);
  const TrainedJob ours = testing::train(job, model, data, training, SessionOptions{});
  testing::expect_same(ours, testing::train_reference(model, data, training));
  TrainingOptions constant = training;
  constant.lr_decay = LrDecay::kNone;
  EXPECT_NE(ours.parameters, testing::train_reference(model, data, constant).parameters)
      << "the rate never fell";
}

}  // namespace
}  // namespace mixnn
