// The owner's own ends: stages before and behind the hosts' that the owner computes itself. They
// change no bit (P8), and hosts get neither inputs nor logits (P6).
#include <gtest/gtest.h>

#include <stdlib.h>

#include <cmath>
#include <filesystem>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/checkpointer.hpp"
#include "mixnn/layers/model_json.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;
using testing::TrainedJob;

constexpr auto kF32 = ElementType::kFloat32;
constexpr auto kBf16 = ElementType::kBfloat16;
constexpr auto kEndsInt8 = ElementType::kInt8;
constexpr auto kPiped = ScheduleKind::k1F1B;
constexpr auto kGpipe = ScheduleKind::kGpipe;

const Shape kEndsInput{1, 4, 6};

// Six stages, with all that a layer may keep or draw, in each of the ends, too.
ModelSpec ends_model(OwnStages own) {
  ModelSpec model = parse_model(R"({
    "name": "ends", "input": {"shape": [1, 4, 6], "scale": 0.0625}, "loss": "cross_entropy",
    "stages": [
      {"layers": [{"type": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": 1},
                  {"type": "batch_norm2d"}, {"type": "relu"}, {"type": "dropout", "p": 0.2}]},
      {"layers": [{"type": "sequential", "recompute": true, "layers": [
                    {"type": "conv2d", "out_channels": 4, "kernel_size": 3}, {"type": "silu"}]}]},
      {"layers": [{"type": "conv2d", "out_channels": 5, "kernel_size": 1}, {"type": "tanh"}]},
      {"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 14}, {"type": "relu"}]},
      {"layers": [{"type": "residual", "recompute": true, "layers": [
                    {"type": "linear", "out_features": 14}, {"type": "dropout", "p": 0.3}]}]},
      {"layers": [{"type": "linear", "out_features": 4}]}]})",
                                "ends");
  model.own = own;
  return model;
}

TrainingOptions ends_training() {
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 12;
  training.micro_batches = 3;
  training.learning_rate = 0.05f;
  training.weight_decay = 0.001f;
  training.seed = 11;
  return training;
}

const DataPair& ends_data() {
  static const DataPair data = testing::small_pair(50, 23, kEndsInput, 4);  // a short last step
  return data;
}

struct EndsCase {
  OwnStages own;
  ElementType wire = kF32;
  ScheduleKind schedule = kPiped;
  std::size_t micro_batches = 3, in_flight = 16;
  double spot_checks = 0;
  Padding padding = Padding::kUniform;
  float clip_norm = 0;
};

SessionOptions session_of(const EndsCase& c) {
  SessionOptions session;
  session.hops = 2;
  session.schedule = c.schedule;
  session.in_flight = c.in_flight;
  session.padding = c.padding;
  session.spot_checks = c.spot_checks;
  session.window_steps = 2;
  session.timeout = std::chrono::seconds(20);
  return session;
}

constexpr int kEndsRanks = 10;

class OwnEndsTraining : public ::testing::TestWithParam<EndsCase> {};

TEST_P(OwnEndsTraining, ChangeNoBit) {
  const EndsCase& c = GetParam();
  TrainingOptions training = ends_training();
  training.wire = c.wire;
  training.micro_batches = c.micro_batches;
  training.clip_norm = c.clip_norm;
  LoopbackJob job(kEndsRanks, 5);
  job.network.reorder(true);
  const TrainedJob ours =
      testing::train(job, ends_model(c.own), ends_data(), training, session_of(c));
  testing::expect_same(ours, testing::train_reference(ends_model({}), ends_data(), training));
  EXPECT_EQ(ours.totals.rejected, 0u);
  EXPECT_EQ(ours.totals.spot_checks.windows, c.spot_checks > 0 ? 6u : 0u);
  EXPECT_TRUE(job.network.quiet());
}

INSTANTIATE_TEST_SUITE_P(
    Both, OwnEndsTraining,
    ::testing::Values(EndsCase{{1, 0}}, EndsCase{{0, 1}}, EndsCase{{1, 1}}, EndsCase{{2, 3}},
                      EndsCase{{3, 0}}, EndsCase{{0, 4}}, EndsCase{{1, 1}, kBf16},
                      EndsCase{{1, 1}, kEndsInt8}, EndsCase{{0, 1}, kEndsInt8, kGpipe, 3, 16, 1},
                      EndsCase{{2, 2}, kBf16, kGpipe}, EndsCase{{1, 0}, kF32, kGpipe},
                      EndsCase{{0, 1}, kBf16, kGpipe}, EndsCase{{1, 1}, kF32, kPiped, 12, 2},
                      EndsCase{{1, 2}, kF32, kGpipe, 12, 1}, EndsCase{{1, 1}, kF32, kPiped, 1},
                      EndsCase{{1, 1}, kF32, kPiped, 3, 1},
                      EndsCase{{1, 1}, kF32, kPiped, 3, 16, 0, Padding::kCells}));
INSTANTIATE_TEST_SUITE_P(Checked, OwnEndsTraining,
                         ::testing::Values(EndsCase{{1, 0}, kF32, kPiped, 3, 16, 1},
                                           EndsCase{{0, 1}, kBf16, kPiped, 3, 16, 1},
                                           EndsCase{{2, 1}, kBf16, kGpipe, 4, 3, 1}));

INSTANTIATE_TEST_SUITE_P(
    Clipped, OwnEndsTraining,
    ::testing::Values(EndsCase{{2, 1}, kF32, kPiped, 3, 16, 1, Padding::kUniform, 0.125f},
                      EndsCase{{1, 0}, kBf16, kGpipe, 4, 3, 0, Padding::kCells, 0.125f},
                      EndsCase{{0, 2}, kF32, kPiped, 3, 16, 1, Padding::kUniform, 0.125f}));

TEST(OwnEndsOutputs, AreThoseOfTheReference) {
  LoopbackJob job(kEndsRanks, 5);
  Owner owner(job.network.at(0), ends_model({1, 2}), ends_data(), ends_training(),
              session_of({{1, 2}}));
  owner.start();
  owner.train_epoch(0);
  Baseline baseline(ends_model({}), ends_data(), ends_training());
  baseline.train_epoch(0);
  std::vector<std::vector<float>> ours, theirs;
  owner.outputs([&](std::size_t, std::span<const float> values) {
    ours.emplace_back(values.begin(), values.end());
  });
  baseline.outputs(ends_data().test, [&](std::size_t, std::span<const float> values) {
    theirs.emplace_back(values.begin(), values.end());
  });
  EXPECT_EQ(ours, theirs);
  owner.stop();
}

// Each life with other ends, other relays, and two or three steps.
TEST(OwnEndsResume, WithOtherEndsGivesTheBitsOfTheReference) {
  std::string folder = (std::filesystem::temp_directory_path() / "mixnn-ends.XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  TrainingOptions training = ends_training();
  training.optimizer = AdamW{};
  training.learning_rate = 0.01f;
  CheckpointedTraining checkpointed;
  checkpointed.epochs = training.epochs;
  for (std::size_t i = 0; i < 6; ++i) {
    const StageSpec spec = ends_model({}).stage(i, 1, *training.optimizer);
    checkpointed.stages.push_back(
        {.parameters = spec.parameter_count(), .state = spec.state_count()});
  }
  CheckpointOptions options;
  options.folder = std::filesystem::path(folder) / "checkpoints";
  options.key = std::filesystem::path(folder) / "key";
  std::vector<std::vector<float>> parameters;
  std::size_t relays = 2;
  for (const OwnStages own :
       {OwnStages{1, 1}, OwnStages{0, 2}, OwnStages{3, 0}, OwnStages{}, OwnStages{2, 3}}) {
    checkpointed.own = own;
    Checkpointer checkpoints(options, checkpointed);
    EXPECT_EQ(checkpoints.resumed(), own != (OwnStages{1, 1}));
    LoopbackJob job(static_cast<int>(1 + 6 - own.count() + relays++), 3);
    Owner owner(job.network.at(0), ends_model(own), ends_data(), training, session_of({own}));
    if (checkpoints.resumed())
      owner.start(checkpoints.from(), checkpoints.state());
    else
      owner.start();
    for (const std::size_t steps : {1, 1}) owner.train_steps(steps);
    checkpoints.write(owner.point(), std::vector<EpochRecord>(owner.point().epoch),
                      [&](const auto& order_for) { return owner.write_shards(order_for); });
    parameters = owner.parameters();
    owner.stop();
  }
  EXPECT_EQ(parameters, testing::train_reference(ends_model({}), ends_data(), training).parameters);
  std::filesystem::remove_all(folder);
}

TEST(OwnEndsSession, NeedsARankForEachHostedStageAlone) {
  LoopbackNetwork network(2 + 2, 1);
  EXPECT_NO_THROW(
      Owner(network.at(0), ends_model({2, 3}), ends_data(), ends_training(), session_of({{2, 3}})));
  EXPECT_THROW(
      Owner(network.at(0), ends_model({2, 2}), ends_data(), ends_training(), session_of({{2, 2}})),
      UsageError);
  EXPECT_THROW(
      Owner(network.at(0), ends_model({2, 4}), ends_data(), ends_training(), session_of({{2, 4}})),
      UsageError);
}

// All that nodes are sent: specifications, and messages by kind and size.
struct Sent {
  std::string specifications;
  std::vector<MessageInfo> micro_batches;
  std::vector<std::vector<std::byte>> payloads;
};
Sent sent_to_hosts(OwnStages own, const DataPair& data) {
  Sent sent;
  LoopbackNetwork network(kEndsRanks, 1);
  std::vector<std::unique_ptr<Node>> nodes;
  for (int rank = 1; rank < kEndsRanks; ++rank) {
    Node::Lies look;
    look.takes = [&sent](Message& message) {
      const ConstBytes bytes = std::as_const(message.payload).bytes();
      if (message.info.label.kind == MessageKind::kSpecification)
        sent.specifications.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      sent.payloads.emplace_back(bytes.begin(), bytes.end());
    };
    nodes.push_back(std::make_unique<Node>(network.at(rank), NodeIdentity{}, Node::Seen{}, look));
  }
  network.pump([&] {
    for (const auto& node : nodes) node->step();
  });
  TrainingOptions training = ends_training();
  training.epochs = 1;
  SessionOptions session = session_of({own});
  session.hops = 0;
  Owner owner(network.at(0), ends_model(own), data, training, session);
  owner.start();
  owner.train_epoch(0);
  owner.test();
  owner.parameters();
  owner.stop();
  return sent;
}

bool holds(const Sent& sent, ConstBytes what) {
  return std::ranges::any_of(sent.payloads, [&](const std::vector<std::byte>& payload) {
    return !std::ranges::search(payload, what).empty();
  });
}

// A host that took raw inputs would be told their scale. That the check can fail is seen without
// ends.
TEST(OwnEndsSession, SendsHostsNeitherInputsNorWhatTellsOfThem) {
  const DataPair data = ends_data();
  const ConstBytes sample = data.train.samples.rows(7, 1), tested = data.test.samples.rows(3, 1);
  const Sent without = sent_to_hosts({}, data), with = sent_to_hosts({1, 1}, data);
  EXPECT_TRUE(holds(without, sample) && holds(without, tested));
  EXPECT_FALSE(holds(with, sample) || holds(with, tested));
  EXPECT_NE(without.specifications.find("scale"), std::string::npos);
  EXPECT_EQ(with.specifications.find("scale"), std::string::npos);
  EXPECT_NE(without.specifications.find("batch_norm2d"), std::string::npos);
  EXPECT_EQ(with.specifications.find("batch_norm2d"), std::string::npos);
  EXPECT_NE(without.specifications.find("\"out_features\":4,"), std::string::npos);
  EXPECT_EQ(with.specifications.find("\"out_features\":4,"), std::string::npos);
}

constexpr std::size_t kTokens = 8, kTokenFeatures = 6, kLength = 5;

ModelSpec tied_model(bool tied) {
  return parse_model(std::string(R"({
    "name": "tied", "input": {"shape": [5], "scale": 1}, "loss": "cross_entropy", "tied": )") +
                         (tied ? "true" : "false") + R"(, "stages": [
      {"at": "owner", "layers": [{"type": "embedding", "num_embeddings": 8, "embedding_dim": 6},
                                 {"type": "position_embedding"}]},
      {"layers": [{"type": "residual", "layers": [
        {"type": "self_attention", "num_heads": 2, "causal": true, "dropout": 0.1}]}]},
      {"layers": [{"type": "linear", "out_features": 6}, {"type": "gelu"}]},
      {"at": "owner", "layers": [{"type": "layer_norm"},
                                 {"type": "linear", "out_features": 8, "bias": false}]}]})",
                     "tied");
}

DataPair token_data() {
  CounterRng rng(5, RandomPurpose::kTest, 3);
  const auto set = [&](std::size_t count) {
    std::vector<std::uint8_t> tokens(count * kLength);
    for (std::uint8_t& token : tokens) token = static_cast<std::uint8_t>(rng.below(kTokens));
    std::vector<std::uint8_t> labels = tokens;
    for (std::uint8_t& label : labels) label = static_cast<std::uint8_t>((label + 3) % kTokens);
    return DataSet{Table::of({kLength}, tokens), Table::of({kLength}, labels)};
  };
  DataSet train = set(30);
  return {"tokens", std::move(train), set(9)};
}

std::vector<float> table_of(const std::vector<std::vector<float>>& parameters) {
  return {parameters.front().begin(), parameters.front().begin() + kTokens * kTokenFeatures};
}
std::vector<float> weight_of(const std::vector<std::vector<float>>& parameters) {
  return {parameters.back().end() - kTokens * kTokenFeatures, parameters.back().end()};
}

TEST(TiedEnds, HaveTheBitsOfTheReferenceAndOneTensor) {
  const DataPair data = token_data();
  for (const EndsCase& c : {EndsCase{{}}, EndsCase{{}, kBf16, kGpipe}, EndsCase{{}, kEndsInt8},
                            EndsCase{{}, kF32, kPiped, 3, 16, 1, Padding::kUniform, 0.125f}}) {
    TrainingOptions training = ends_training();
    training.wire = c.wire;
    training.clip_norm = c.clip_norm;
    training.optimizer = AdamW{};
    LoopbackJob job(6, 5);
    job.network.reorder(true);
    const TrainedJob ours = testing::train(job, tied_model(true), data, training, session_of(c));
    testing::expect_same(ours, testing::train_reference(tied_model(true), data, training));
    EXPECT_EQ(table_of(ours.parameters), weight_of(ours.parameters));
    EXPECT_NE(table_of(ours.parameters),
              table_of(testing::train_reference(tied_model(false), data, training).parameters));
  }
}

// The norm is that of the tensors that there are.
TEST(TiedEnds, CountOnceInTheNormOfTheGradient) {
  const DataPair data = token_data();
  TrainingOptions training = ends_training();
  training.micro_batches = 1;
  training.batch_size = 30;
  training.optimizer = Sgd{0, 0};
  training.clip_norm = 1e9f;
  training.learning_rate = 1;
  training.lr_decay = LrDecay::kNone;
  Baseline tied(tied_model(true), data, training);
  const std::vector<std::vector<float>> before = tied.parameters();
  double norm = 0, squares = 0;
  tied.train_epoch(0, [&](const Progress& now) { norm = now.gradient_norm.value(); });
  const std::vector<std::vector<float>> after = tied.parameters();
  for (std::size_t stage = 0; stage < before.size(); ++stage) {
    const std::size_t count = before[stage].size(),
                      own = stage + 1 < before.size() ? count : count - kTokens * kTokenFeatures;
    for (std::size_t i = 0; i < own; ++i)
      squares += std::pow(double{before[stage][i]} - double{after[stage][i]}, 2);
  }
  EXPECT_NEAR(norm, std::sqrt(squares), 1e-4 * norm);
}

// What plain SGD does to one tensor is the sum of what it does to two.
TEST(TiedEnds, AreUpdatedByTheSumOfBothGradients) {
  const DataPair data = token_data();
  TrainingOptions training = ends_training();
  training.batch_size = 30;  // one step
  training.epochs = 1;
  training.momentum = training.weight_decay = 0;
  Baseline tied(tied_model(true), data, training), two(tied_model(false), data, training);
  const std::vector<std::vector<float>> before = tied.parameters();
  EXPECT_EQ(table_of(before), weight_of(before));
  two.set_parameters(before);
  tied.train_epoch(0);
  two.train_epoch(0);
  const std::vector<float> start = table_of(before), sum = table_of(tied.parameters()),
                           a = table_of(two.parameters()), b = weight_of(two.parameters());
  for (std::size_t i = 0; i < start.size(); ++i)
    EXPECT_NEAR(sum[i] - start[i], (a[i] - start[i]) + (b[i] - start[i]), 1e-6f) << i;
}

}  // namespace
}  // namespace mixnn
