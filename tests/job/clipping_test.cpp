// Gradients that are clipped by the norm of all of them: the bits of the reference, and a host that
// says another norm is found.
#include <gtest/gtest.h>

#include <cmath>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/wire/clipping.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;

const Shape kClippedInput{1, 4, 5};

TrainingOptions clipped_training() {
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 12;
  training.micro_batches = 3;
  training.clip_norm = 0.25f;
  training.seed = 5;
  return training;
}

std::vector<double> norms_of_reference(const ModelSpec& model, const DataPair& data,
                                       const TrainingOptions& training) {
  std::vector<double> norms;
  Baseline baseline(model, data, training);
  for (std::uint32_t epoch = 0; epoch < training.epochs; ++epoch)
    baseline.train_epoch(epoch,
                         [&](const Progress& now) { norms.push_back(now.gradient_norm.value()); });
  return norms;
}

struct ClippedCase {
  std::size_t hops, micro_batches;
  ElementType wire = ElementType::kFloat32;
  Padding padding = Padding::kUniform;
  ScheduleKind schedule = ScheduleKind::k1F1B;
  double spot_checks = 1;
  std::size_t window = 3;
};

TEST(ClippedTraining, HasTheBitsOfTheReference) {
  const ElementType bf16 = ElementType::kBfloat16;
  for (const ClippedCase& c :
       {ClippedCase{3, 3}, ClippedCase{0, 1}, ClippedCase{2, 4, bf16, Padding::kCells},
        ClippedCase{1, 3, bf16, Padding::kUniform, ScheduleKind::kGpipe, 0},
        ClippedCase{1, 2, ElementType::kInt8}}) {
    const ModelSpec model = testing::small_model(kClippedInput, {16, 12, 4});
    const DataPair data = testing::small_pair(50, 20, kClippedInput, 4);
    TrainingOptions training = clipped_training();
    training.micro_batches = c.micro_batches;
    training.wire = c.wire;
    SessionOptions session;
    session.hops = c.hops;
    session.padding = c.padding;
    session.schedule = c.schedule;
    session.spot_checks = c.spot_checks;
    session.window_steps = c.window;
    LoopbackJob job(static_cast<int>(5 + c.hops), 3);
    job.network.reorder(true);
    const testing::TrainedJob ours = testing::train(job, model, data, training, session);
    testing::expect_same(ours, testing::train_reference(model, data, training));
    EXPECT_EQ(ours.totals.rejected, 0u);
  }
}

// Where few serials are left keys change between steps, and the exchanges are counted.
TEST(ClippedTraining, IsTheSameIfAnEpochOfKeysIsShort) {
  const ModelSpec model = testing::small_model(kClippedInput, {16, 12, 4});
  const DataPair data = testing::small_pair(96, 20, kClippedInput, 4);
  SessionOptions session;
  session.cell_bytes = kMinCellBytes;
  session.serial_bits = 10;
  session.spot_checks = 0;
  LoopbackJob job(8);
  const testing::TrainedJob ours = testing::train(job, model, data, clipped_training(), session);
  testing::expect_same(ours, testing::train_reference(model, data, clipped_training()));
}

TEST(ClippedTraining, SaysTheNormOfEachStepAndALimitThatIsNeverReachedChangesNoBit) {
  const ModelSpec model = testing::small_model(kClippedInput, {16, 12, 4});
  const DataPair data = testing::small_pair(50, 20, kClippedInput, 4);
  TrainingOptions training = clipped_training();
  training.epochs = 1;
  std::vector<double> norms;
  LoopbackJob job(7);
  Owner owner(job.network.at(0), model, data, training, SessionOptions{});
  owner.start();
  owner.train_epoch(0, [&](const Progress& now) { norms.push_back(now.gradient_norm.value()); });
  owner.stop();
  EXPECT_EQ(norms, norms_of_reference(model, data, training));
  EXPECT_GT(norms.front(), training.clip_norm) << "else nothing was clipped";

  TrainingOptions open = training, unlimited = training;
  open.clip_norm = 0;
  unlimited.clip_norm = 1e9f;
  const auto plain = testing::train_reference(model, data, open).parameters;
  EXPECT_EQ(plain, testing::train_reference(model, data, unlimited).parameters);
  EXPECT_NE(plain, testing::train_reference(model, data, training).parameters);
}

// Trains with one rank that says `lie` of its gradients; the error, and whether that rank hosts.
std::string error_with_liar(int liar, double lie, double spot_checks) {
  const ModelSpec model = testing::small_model(kClippedInput, {16, 12, 4});
  const DataPair data = testing::small_pair(50, 20, kClippedInput, 4);
  SessionOptions session;
  session.hops = 0;
  session.spot_checks = spot_checks;
  LoopbackNetwork network(4, 1);  // all three are hosts
  std::vector<std::unique_ptr<Node>> nodes;
  for (int rank = 1; rank < 4; ++rank)
    nodes.push_back(
        std::make_unique<Node>(network.at(rank), NodeIdentity{}, Node::Seen{},
                               Node::Lies{{},
                                          [=](const Label& label, std::vector<std::byte>& bytes) {
                                            if (label.kind == MessageKind::kSquares && rank == liar)
                                              bytes = encode(GradientSquares{lie});
                                          },
                                          {}}));
  network.pump([&] {
    for (const auto& node : nodes) node->step();
  });
  try {
    Owner owner(network.at(0), model, data, clipped_training(), session);
    owner.start();
    owner.train_epoch(0);
    return "none";
  } catch (const RunError& error) {
    return error.what();
  }
}

TEST(ClippedTraining, AHostThatSaysAnotherNormIsFound) {
  for (int liar = 1; liar < 4; ++liar) {
    const std::string error = error_with_liar(liar, 4, 1);
    EXPECT_NE(error.find("rank " + std::to_string(liar) + ", the host of stage "), error.npos)
        << error;
    EXPECT_NE(error.find("its gradients are not as long as it said"), error.npos) << error;
  }
  EXPECT_EQ(error_with_liar(0, 4, 1), "none");
}

TEST(ClippedTraining, ANormThatIsNoNumberEndsTheRun) {
  EXPECT_EQ(error_with_liar(2, std::nan(""), 0),
            "the gradient is no longer a finite number in epoch 1, step 1; try a smaller --lr");
}

// No sum of squares is negative: whoever says so lies.
TEST(ClippedTraining, WhoSaysANegativeSumOfSquaresIsNamed) {
  EXPECT_EQ(error_with_liar(2, -1000, 0), "rank 2 sent a malformed answer (squares)");
}

}  // namespace
}  // namespace mixnn
