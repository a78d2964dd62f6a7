// With stale weights the pipelined training has the bits of the single-process reference (P8), and
// steps overlap (docs/model.md, "Stale weights").
#include <gtest/gtest.h>

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/checkpointer.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/rounds/slot.hpp"
#include "mixnn/session/automatic.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;
using testing::TrainedJob;

constexpr auto kStaleBf16 = ElementType::kBfloat16;
constexpr auto kOnions = TrafficKind::kOnion;
constexpr auto kInRounds = TrafficKind::kRounds;

const Shape kStaleInput{1, 4, 6};

// Four stages, with all that a layer may keep or draw, in the ends, too.
ModelSpec layered_model(OwnStages own = {}) {
  ModelSpec model = parse_model(R"({
    "name": "stale", "input": {"shape": [1, 4, 6], "scale": 0.0625}, "loss": "cross_entropy",
    "stages": [
      {"layers": [{"type": "conv2d", "out_channels": 3, "kernel_size": 3, "padding": 1},
                  {"type": "batch_norm2d"}, {"type": "relu"}, {"type": "dropout", "p": 0.2}]},
      {"layers": [{"type": "sequential", "recompute": true, "layers": [
                    {"type": "conv2d", "out_channels": 4, "kernel_size": 3},
                    {"type": "batch_norm2d"}, {"type": "silu"}]}]},
      {"layers": [{"type": "flatten"}, {"type": "residual", "recompute": true, "layers": [
                    {"type": "linear", "out_features": 32}, {"type": "dropout", "p": 0.3}]}]},
      {"layers": [{"type": "linear", "out_features": 4}]}]})",
                                "stale");
  model.own = own;
  return model;
}

ModelSpec plain_model() { return testing::small_model(kStaleInput, {16, 12, 4}); }

const DataPair& stale_data() {
  static const DataPair data = testing::small_pair(66, 23, kStaleInput, 4);  // a short last step
  return data;
}

TrainingOptions stale_training(std::size_t micro_batches = 3) {
  TrainingOptions training;
  training.staleness = 1;
  training.epochs = 2;
  training.batch_size = 12;
  training.micro_batches = micro_batches;
  training.learning_rate = 0.05f;
  training.weight_decay = 0.001f;
  training.seed = 11;
  return training;
}

struct StaleCase {
  TrafficKind traffic;
  int ranks;
  std::size_t hops = 2;
  OwnStages own = {};
  ElementType wire = ElementType::kFloat32;
  std::size_t micro_batches = 3;
  double spot_checks = 0;
  float clip_norm = 0;
  ScheduleKind schedule = ScheduleKind::k1F1B;
  std::size_t in_flight = 16;
};

SessionOptions stale_session(const StaleCase& c) {
  SessionOptions session;
  session.traffic = c.traffic;
  session.hops = c.hops;
  session.schedule = c.schedule;
  session.in_flight =
      c.traffic == kInRounds
          ? choose_round_in_flight(c.micro_batches, static_cast<std::size_t>(c.ranks))
          : c.in_flight;
  session.spot_checks = c.spot_checks;
  session.window_steps = 4;
  session.timeout = std::chrono::seconds(20);
  return session;
}

class StaleTraining : public ::testing::TestWithParam<StaleCase> {};

TEST_P(StaleTraining, EqualsTheReference) {
  const StaleCase& c = GetParam();
  TrainingOptions training = stale_training(c.micro_batches);
  training.wire = c.wire;
  training.clip_norm = c.clip_norm;
  LoopbackJob job(c.ranks, 5);
  job.network.reorder(true);
  const TrainedJob ours =
      testing::train(job, layered_model(c.own), stale_data(), training, stale_session(c));
  testing::expect_same(ours, testing::train_reference(layered_model(), stale_data(), training));
  EXPECT_EQ(ours.totals.rejected, 0u);
  EXPECT_EQ(ours.totals.spot_checks.windows, c.spot_checks > 0 ? 4u : 0u);
}

constexpr auto kStaleGpipe = ScheduleKind::kGpipe;
constexpr auto kStalePiped = ScheduleKind::k1F1B;
constexpr auto kStaleF32 = ElementType::kFloat32;
INSTANTIATE_TEST_SUITE_P(
    Onions, StaleTraining,
    ::testing::Values(StaleCase{kOnions, 7}, StaleCase{kOnions, 8, 3, {}, kStaleBf16},
                      StaleCase{kOnions, 7, 2, {1, 1}, ElementType::kInt8, 4, 1},
                      StaleCase{kOnions, 6, 1, {1, 0}}, StaleCase{kOnions, 6, 2, {0, 1}},
                      StaleCase{kOnions, 5, 2, {1, 1}, kStaleBf16, 4, 1},
                      StaleCase{kOnions, 7, 2, {2, 1}, kStaleF32, 12, 0, 0, kStaleGpipe, 2},
                      StaleCase{kOnions, 7, 2, {}, kStaleF32, 1, 1},
                      StaleCase{kOnions, 7, 2, {}, kStaleF32, 6, 1, 0, kStaleGpipe, 3},
                      StaleCase{kOnions, 7, 2, {}, kStaleF32, 3, 0, 0, kStalePiped, 1},
                      StaleCase{kOnions, 7, 2, {1, 1}, kStaleF32, 3, 1, 0.25f}));
INSTANTIATE_TEST_SUITE_P(Rounds, StaleTraining,
                         ::testing::Values(StaleCase{kInRounds, 6, 1},
                                           StaleCase{kInRounds, 7, 3, {}, kStaleBf16, 2, 1},
                                           StaleCase{kInRounds, 8, 2, {}, kStaleF32, 10},
                                           StaleCase{kInRounds, 5, 3, {1, 1}, kStaleF32, 3, 1},
                                           StaleCase{kInRounds, 8, 1, {1, 0}, kStaleBf16, 12},
                                           StaleCase{kInRounds, 6, 2, {0, 2}, kStaleF32, 1},
                                           StaleCase{kInRounds, 6, 1, {}, kStaleF32, 3, 1, 0.25f}));

TEST(StaleTrainingOf, OtherOptimizersEqualsTheReferenceAndNotTheNewestWeights) {
  for (const Optimizer& optimizer : {Optimizer(Sgd{0.9f, 0, true}), Optimizer(AdamW{})}) {
    TrainingOptions training = stale_training();
    training.optimizer = optimizer;
    training.learning_rate = 0.01f;
    training.lr_decay = LrDecay::kPlateau;
    training.lr_patience = 0;
    LoopbackJob job(7, 3);
    const StaleCase c{kOnions, 7};
    const TrainedJob ours =
        testing::train(job, plain_model(), stale_data(), training, stale_session(c));
    testing::expect_same(ours, testing::train_reference(plain_model(), stale_data(), training));
    training.staleness = 0;
    EXPECT_NE(ours.parameters,
              testing::train_reference(plain_model(), stale_data(), training).parameters);
  }
}

// Weights are stale but in the first step, so with one step in an epoch none are.
TEST(StaleTrainingOf, EpochsOfOneStepHasTheBitsOfTheNewestWeights) {
  TrainingOptions training = stale_training();
  training.batch_size = 66;
  const TrainedJob stale = testing::train_reference(layered_model(), stale_data(), training);
  training.staleness = 0;
  testing::expect_same(stale, testing::train_reference(layered_model(), stale_data(), training));
}

// What hosts answer, in order.
struct WatchedAnswers {
  std::map<int, std::vector<Label>> labels;  // by rank
  std::vector<std::unique_ptr<Node>> nodes;

  WatchedAnswers(LoopbackNetwork& network, int ranks) {
    for (int rank = 1; rank < ranks; ++rank) {
      Node::Lies watch;
      watch.answers = [this, rank](const Label& label, std::vector<std::byte>&) {
        labels[rank].push_back(label);
      };
      nodes.push_back(
          std::make_unique<Node>(network.at(rank), NodeIdentity{}, Node::Seen{}, std::move(watch)));
    }
    network.pump([this] {
      for (const auto& node : nodes) node->step();
    });
  }
  // Forwards that a host answered before a backward of the step before.
  std::size_t overlapping() const {
    std::size_t count = 0;
    for (const auto& [rank, all] : labels)
      for (auto it = all.begin(); it != all.end(); ++it)
        count += it->kind == MessageKind::kForward &&
                 std::any_of(it, all.end(), [&](const Label& later) {
                   return later.kind == MessageKind::kBackward && later.step + 1 == it->step;
                 });
    return count;
  }
};

TEST(StaleSteps, OverlapAtTheHosts) {
  for (const TrafficKind traffic : {kOnions, kInRounds})
    for (const OwnStages own : {OwnStages{}, OwnStages{1, 1}})
      for (const std::size_t staleness : {0, 1}) {
        const StaleCase c{traffic, 7, 2, own};
        TrainingOptions training = stale_training();
        training.staleness = staleness;
        training.epochs = 1;
        LoopbackNetwork network(c.ranks, 3);
        WatchedAnswers watched(network, c.ranks);
        Owner owner(network.at(0), layered_model(own), stale_data(), training, stale_session(c));
        owner.start();
        owner.train_epoch(0);
        owner.stop();
        const std::size_t steps = 5 * (4 - own.count());  // of each host, but the first
        if (staleness == 0)
          EXPECT_EQ(watched.overlapping(), 0u);
        else
          EXPECT_GE(watched.overlapping(), traffic == kInRounds ? steps : steps / 2);
      }
}

// Exchanges of an epoch, and what the wire shows of them.
struct WatchedExchanges {
  std::map<std::uint64_t, std::pair<unsigned, std::size_t>> draws;  // with the size of slots
  std::uint64_t of_epoch = 0;

  WatchedExchanges(const ModelSpec& model, const TrainingOptions& training, const StaleCase& c) {
    LoopbackJob job(c.ranks, model.stages.size());
    std::uint64_t newest = 0;
    job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
      const SlotName name = read_name(wire.cell.first(kClearBytes)).value();
      draws[name.exchange] = {static_cast<unsigned>(name.draw), wire.cell.size()};
      newest = std::max(newest, name.exchange);
      return LoopbackNetwork::Fate::kDeliver;
    });
    SessionOptions session = stale_session(c);
    session.stage_bytes = std::size_t{16} << 10;
    Owner owner(job.network.at(0), model, stale_data(), training, session);
    owner.start();
    const std::uint64_t before = newest;
    owner.train_steps(4);
    owner.train_steps(2);
    of_epoch = newest - before;
    owner.test();
    owner.stop();
  }
};

ModelSpec equal_slots(std::size_t stages) {
  std::vector<std::int64_t> widths(stages - 1, 48);
  widths.push_back(4);
  return testing::small_model(kStaleInput, widths);
}

// Steps of 4 micro-batches among 8 ranks take 17 exchanges each; with stale weights two take 17,
// and of a run of steps the last begins so much earlier. A run begins two exchanges later then.
TEST(StaleSteps, TakeHalfAsManyExchangesInRounds) {
  const StaleCase c{kInRounds, 8, 2, {}, ElementType::kFloat32, 4};
  TrainingOptions training = stale_training(4);
  const WatchedExchanges stale(equal_slots(3), training, c);
  training.staleness = 0;
  const WatchedExchanges newest(equal_slots(3), training, c);
  const std::uint64_t first = 3 * 17 - (4 + 17), last = 17 - 4 - 2;
  EXPECT_EQ(newest.of_epoch - stale.of_epoch, first + last);
}

TEST(StaleSteps, LookTheSameInRoundsWhateverThePlan) {
  StaleCase c{kInRounds, 9, 2, {}, ElementType::kFloat32, 3};
  for (const double checks : {0.0, 1.0}) {
    c.spot_checks = checks;
    const WatchedExchanges two(equal_slots(2), stale_training(), c);
    EXPECT_EQ(WatchedExchanges(equal_slots(5), stale_training(), c).draws, two.draws);
    ModelSpec own = equal_slots(5);
    own.own = {1, 1};
    EXPECT_EQ(WatchedExchanges(own, stale_training(), c).draws, two.draws);
  }
}

TEST(StaleSteps, HaveTheRightBitsIfSlotsAreAltered) {
  const StaleCase c{kInRounds, 6, 2};
  LoopbackJob job(c.ranks, 9);
  CounterRng rng(3, RandomPurpose::kTest, 5);
  std::size_t altered = 0;
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    if (rng.below(900) == 0) {
      wire.cell[kClearBytes] ^= std::byte{1};
      ++altered;
    }
    return LoopbackNetwork::Fate::kDeliver;
  });
  SessionOptions session = stale_session(c);
  session.rewinds = ~std::size_t{0};  // how many cells are altered, and when, is chance
  const TrainedJob ours =
      testing::train(job, plain_model(), stale_data(), stale_training(), session);
  EXPECT_GT(altered, 10u);
  testing::expect_same(ours,
                       testing::train_reference(plain_model(), stale_data(), stale_training()));
}

// A host that says something else in a step that overlaps with others is named.
TEST(StaleSteps, AreCheckedByWhatTheyWereComputedWith) {
  const StaleCase c{kOnions, 6, 1, {}, ElementType::kFloat32, 3, 1};
  LoopbackNetwork network(c.ranks, 3);
  std::vector<std::unique_ptr<Node>> nodes;
  for (int rank = 1; rank < c.ranks; ++rank) {
    Node::Lies lies;
    lies.answers = [](const Label& label, std::vector<std::byte>& payload) {
      if (label == Label{MessageKind::kBackward, 2, 1, 0} && !payload.empty())
        payload[payload.size() / 2] ^= std::byte{0x10};
    };
    nodes.push_back(
        std::make_unique<Node>(network.at(rank), NodeIdentity{}, Node::Seen{}, std::move(lies)));
  }
  network.pump([&] {
    for (const auto& node : nodes) node->step();
  });
  Owner owner(network.at(0), plain_model(), stale_data(), stale_training(), stale_session(c));
  owner.start();
  try {
    owner.train_epoch(0);
    FAIL() << "the lie was not seen";
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("in steps 1 to 4"), std::string::npos) << error.what();
  }
}

// Cut anywhere, and gone on with among other ranks and with other ends.
TEST(StaleResume, GivesTheBitsOfTheReference) {
  TrainingOptions training = stale_training();
  training.optimizer = AdamW{};
  training.learning_rate = 0.01f;
  const TrainedJob reference = testing::train_reference(layered_model(), stale_data(), training);
  std::string folder = (std::filesystem::temp_directory_path() / "mixnn-stale.XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  CheckpointedTraining checkpointed;
  checkpointed.epochs = training.epochs;
  for (std::size_t i = 0; i < 4; ++i) {
    StageSpec spec = layered_model().stage(i, 1, *training.optimizer);
    spec.stale_epoch = 6;
    checkpointed.stages.push_back(
        {.parameters = spec.parameter_count(), .state = spec.state_count()});
  }
  CheckpointOptions options;
  options.folder = std::filesystem::path(folder) / "checkpoints";
  options.key = std::filesystem::path(folder) / "key";
  std::vector<std::vector<float>> parameters;
  int ranks = 6;
  for (const auto& [own, steps] :
       {std::pair{OwnStages{1, 1}, 1}, std::pair{OwnStages{}, 1}, std::pair{OwnStages{0, 1}, 2},
        std::pair{OwnStages{1, 0}, 3}, std::pair{OwnStages{}, 2}, std::pair{OwnStages{1, 1}, 3}}) {
    checkpointed.own = own;
    Checkpointer checkpoints(options, checkpointed);
    StaleCase c{ranks % 2 == 0 ? kOnions : kInRounds, ranks++ + 2, 1, own};
    c.spot_checks = 1;
    LoopbackJob job(c.ranks, 3);
    Owner owner(job.network.at(0), layered_model(own), stale_data(), training, stale_session(c));
    if (checkpoints.resumed())
      owner.start(checkpoints.from(), checkpoints.state());
    else
      owner.start();
    for (int left = steps; left > 0 && owner.point().epoch < training.epochs;) {
      const auto before = owner.point();
      owner.train_steps(static_cast<std::size_t>(left));
      const auto after = owner.point();
      left -= static_cast<int>(after.epoch * 6 + after.step - before.epoch * 6 - before.step);
    }
    checkpoints.write(owner.point(), std::vector<EpochRecord>(owner.point().epoch),
                      [&](const auto& order_for) { return owner.write_shards(order_for); });
    parameters = owner.parameters();
    owner.stop();
  }
  EXPECT_EQ(parameters, reference.parameters);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mixnn
