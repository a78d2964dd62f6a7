// Every loss, optimizer and schedule across ranks: the bits of the reference, under spot checks.
#include <gtest/gtest.h>

#include "job/loopback_job.hpp"

namespace mixnn {
namespace {

const Shape kLossInput{1, 4, 5};

struct LossCase {
  Loss loss;
  Table (*labels)(std::size_t count);
  bool accuracy;
};

template <class T>
Table labels_below(Shape shape, std::size_t count, std::uint32_t below) {
  CounterRng rng(6, RandomPurpose::kTest, below);
  std::vector<T> values(count * static_cast<std::size_t>(element_count(shape)));
  for (T& value : values) value = static_cast<T>(rng.below(below));
  return Table::of(std::move(shape), values);
}
Table labels_of_classes(std::size_t count) { return labels_below<std::uint8_t>({}, count, 4); }
Table labels_of_bits(std::size_t count) { return labels_below<std::uint8_t>({4}, count, 2); }
Table labels_of_floats(std::size_t count) { return labels_below<float>({4}, count, 3); }

const LossCase kLossCases[] = {
    {CrossEntropy{0.125f, {}}, labels_of_classes, true},
    {CrossEntropy{0.125f, {0.5f, 2, 1, 3}}, labels_of_classes, true},
    {Mse{}, labels_of_floats, false},
    {BinaryCrossEntropy{}, labels_of_bits, true},
};
const Optimizer kTrainedOptimizers[] = {Sgd{0.9f, 0, true}, Adam{}, AdamW{}, AdamW{}};
const LrDecay kTrainedDecays[] = {LrDecay::kLinear, LrDecay::kStep, LrDecay::kCosine,
                                  LrDecay::kOneCycle};

// The last step of an epoch is short, so what the mean divides by differs from step to step.
TEST(Losses, TrainAcrossRanksToTheBitsOfTheReference) {
  for (std::size_t i = 0; i < std::size(kLossCases); ++i) {
    SCOPED_TRACE(loss_name(kLossCases[i].loss) + ", case " + std::to_string(i));
    ModelSpec model = testing::small_model(kLossInput, {16, 4});
    model.loss = kLossCases[i].loss;
    DataPair data = testing::small_pair(50, 23, kLossInput, 4);
    data.train.labels = kLossCases[i].labels(50);
    data.test.labels = kLossCases[i].labels(23);
    TrainingOptions training;
    training.epochs = 2;
    training.batch_size = 12;
    training.micro_batches = 3;
    training.learning_rate = 0.01f;
    training.optimizer = kTrainedOptimizers[i];
    training.lr_decay = kTrainedDecays[i];
    training.lr_step_epochs = 1;
    SessionOptions session;
    session.hops = 1;
    session.spot_checks = 1;
    session.window_steps = 2;
    testing::LoopbackJob job(5);
    const testing::TrainedJob ours = testing::train(job, model, data, training, session);
    testing::expect_same(ours, testing::train_reference(model, data, training));
    EXPECT_EQ(ours.tests.back().accuracy.has_value(), kLossCases[i].accuracy);
    EXPECT_LT(ours.epochs.back().train_loss, ours.epochs.front().train_loss);
    EXPECT_GT(ours.totals.spot_checks.challenges, 0u);
  }
}

}  // namespace
}  // namespace mixnn
