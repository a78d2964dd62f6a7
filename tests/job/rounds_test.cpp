// Traffic in rounds: the bits of the reference (P8), and on every link the same slots in the same
// exchanges whatever the plan and the model's cut (P9), also when slots are lost or altered.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/forecast/rounds/round_simulation.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/rounds/slot.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;
using testing::TrainedJob;

const Shape kRoundsInput{1, 4, 6};

SessionOptions in_rounds(std::size_t hops, std::size_t micro_batches, int ranks) {
  SessionOptions session;
  session.traffic = TrafficKind::kRounds;
  session.hops = hops;
  session.in_flight = choose_round_in_flight(micro_batches, static_cast<std::size_t>(ranks));
  session.window_steps = 2;
  session.timeout = std::chrono::seconds(20);
  return session;
}

// However often all go back, nobody is blamed.
SessionOptions in_lossy_rounds(std::size_t hops, std::size_t micro_batches, int ranks) {
  SessionOptions session = in_rounds(hops, micro_batches, ranks);
  session.rewinds = ~std::size_t{0};
  return session;
}

TrainingOptions rounds_training(std::size_t micro_batches) {
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 12;
  training.micro_batches = micro_batches;
  training.learning_rate = 0.05f;
  training.weight_decay = 0.001f;
  training.seed = 23;
  return training;
}

struct RoundsCase {
  std::size_t hops;
  int ranks;
  std::size_t stages, micro_batches = 3;
  AeadChoice aead = AeadChoice::kAuto;
  ElementType wire = ElementType::kFloat32;
  double spot_checks = 0;
  float clip_norm = 0;
  Redraw redraw = Redraw::kRun;
};

ModelSpec chain_of(std::size_t stages) {
  std::vector<std::int64_t> widths(stages - 1, 14);
  widths.push_back(4);
  return testing::small_model(kRoundsInput, widths);
}

class RoundsTraining : public ::testing::TestWithParam<RoundsCase> {};

TEST_P(RoundsTraining, EqualsTheReference) {
  const RoundsCase& c = GetParam();
  const ModelSpec model = chain_of(c.stages);
  const DataPair data = testing::small_pair(50, 23, kRoundsInput, 4);  // a short last step
  TrainingOptions training = rounds_training(c.micro_batches);
  training.wire = c.wire;
  training.clip_norm = c.clip_norm;
  SessionOptions session = in_rounds(c.hops, c.micro_batches, c.ranks);
  session.aead = c.aead;
  session.spot_checks = c.spot_checks;
  session.redraw = c.redraw;
  LoopbackJob job(c.ranks, 7);
  job.network.reorder(true);
  const TrainedJob ours = testing::train(job, model, data, training, session);
  testing::expect_same(ours, testing::train_reference(model, data, training));
  EXPECT_EQ(ours.totals.rejected, 0u);
  const std::size_t windows = c.redraw == Redraw::kBatch ? 10 : 6;  // each step is one
  EXPECT_EQ(ours.totals.spot_checks.windows, c.spot_checks > 0 ? windows : 0);
  EXPECT_EQ(ours.totals.cells, job.network.cells_sent());
}

constexpr auto kRoundsChaCha = AeadChoice::kChaCha20Poly1305;
constexpr auto kRoundsBf16 = ElementType::kBfloat16;
INSTANTIATE_TEST_SUITE_P(Hops, RoundsTraining,
                         ::testing::Values(RoundsCase{1, 5, 3}, RoundsCase{2, 6, 3},
                                           RoundsCase{3, 7, 3}, RoundsCase{3, 8, 3},
                                           RoundsCase{3, 5, 1}, RoundsCase{3, 13, 11},
                                           RoundsCase{3, 5, 3}, RoundsCase{3, 13, 2}));
INSTANTIATE_TEST_SUITE_P(MicroBatches, RoundsTraining,
                         ::testing::Values(RoundsCase{3, 7, 3, 1}, RoundsCase{3, 7, 3, 6},
                                           RoundsCase{3, 5, 1, 6}, RoundsCase{2, 7, 2, 10},
                                           RoundsCase{1, 12, 10, 12}, RoundsCase{2, 5, 3, 11}));
INSTANTIATE_TEST_SUITE_P(Others, RoundsTraining,
                         ::testing::Values(RoundsCase{3, 7, 3, 3, kRoundsChaCha},
                                           RoundsCase{3, 7, 3, 3, AeadChoice::kAuto, kRoundsBf16},
                                           RoundsCase{2, 6, 3, 4, AeadChoice::kAuto,
                                                      ElementType::kInt8}));
INSTANTIATE_TEST_SUITE_P(
    Checked, RoundsTraining,
    ::testing::Values(RoundsCase{3, 7, 3, 3, AeadChoice::kAuto, ElementType::kFloat32, 1},
                      RoundsCase{2, 6, 2, 4, kRoundsChaCha, kRoundsBf16, 1},
                      RoundsCase{3, 7, 3, 3, AeadChoice::kAuto, ElementType::kFloat32, 1, 0.25f},
                      RoundsCase{1, 6, 2, 3, AeadChoice::kAuto, ElementType::kFloat32, 0, 0.25f}));

INSTANTIATE_TEST_SUITE_P(
    Redrawn, RoundsTraining,
    ::testing::Values(
        RoundsCase{3, 7, 3, 3, AeadChoice::kAuto, ElementType::kFloat32, 1, 0, Redraw::kEpoch},
        RoundsCase{2, 6, 3, 3, AeadChoice::kAuto, ElementType::kFloat32, 0, 0, Redraw::kEpoch},
        RoundsCase{3, 7, 3, 3, AeadChoice::kAuto, ElementType::kFloat32, 1, 0.25f, Redraw::kBatch},
        RoundsCase{2, 6, 3, 4, AeadChoice::kAuto, kRoundsBf16, 0, 0, Redraw::kBatch}));

// What goes by lane (commitments, squares of gradients) has its own length, however large the
// buffers of messages are: a lane takes no more than 16 KiB of a rank.
TEST(RoundsWithLargeMessages, EqualTheReference) {
  const ModelSpec model = testing::small_model(kRoundsInput, {600, 14, 4});
  const DataPair data = testing::small_pair(50, 23, kRoundsInput, 4);
  TrainingOptions training = rounds_training(1);
  training.clip_norm = 0.25f;
  SessionOptions session = in_rounds(3, 1, 7);
  session.spot_checks = 1;
  ASSERT_GT(message_sizes(model, training, session).capacity(), std::size_t{16} << 10);
  LoopbackJob job(7, 3);
  testing::expect_same(testing::train(job, model, data, training, session),
                       testing::train_reference(model, data, training));
}

// With ends of the owner's own, and all that a layer may keep or draw.
TEST(RoundsWithOwnEnds, EqualTheReference) {
  for (const OwnStages own : {OwnStages{1, 0}, OwnStages{0, 1}, OwnStages{1, 1}, OwnStages{2, 1}}) {
    ModelSpec model = chain_of(4);
    const DataPair data = testing::small_pair(50, 23, kRoundsInput, 4);
    const TrainingOptions training = rounds_training(3);
    const TrainedJob reference = testing::train_reference(model, data, training);
    model.own = own;
    LoopbackJob job(7, 3);
    SessionOptions session = in_rounds(3, 3, 7);
    session.spot_checks = 1;
    testing::expect_same(testing::train(job, model, data, training, session), reference);
  }
}

// What the wire shows of a run: each slot once, by its name and link.
struct SeenOnWire {
  using Slot = std::tuple<std::uint64_t, unsigned, unsigned, int, int>;  // e, r, draw, from, to
  std::map<Slot, std::size_t> sizes;

  void watch(LoopbackNetwork& network) {
    network.on_cell([this](LoopbackNetwork::Wire& wire) {
      const std::optional<SlotName> name = read_name(wire.cell.first(kClearBytes));
      EXPECT_TRUE(name.has_value());
      const Slot slot{name->exchange, name->round, static_cast<unsigned>(name->draw), wire.from,
                      wire.to};
      EXPECT_TRUE(sizes.emplace(slot, wire.cell.size()).second) << "a slot comes twice";
      return LoopbackNetwork::Fate::kDeliver;
    });
  }
};

SeenOnWire wire_of(std::size_t stages, OwnStages own, std::uint64_t seed, double spot_checks,
                   float clip_norm, Redraw redraw = Redraw::kRun) {
  constexpr int kRanks = 9;
  ModelSpec model = testing::small_model(kRoundsInput, [&] {
    std::vector<std::int64_t> widths(stages - 1, 48);
    widths.push_back(4);
    return widths;
  }());
  model.own = own;
  const DataPair data = testing::small_pair(60, 23, kRoundsInput, 4);
  TrainingOptions training = rounds_training(4);
  training.clip_norm = clip_norm;
  training.seed = seed;
  SessionOptions session = in_rounds(3, 4, kRanks);
  session.spot_checks = spot_checks;
  session.redraw = redraw;
  session.stage_bytes = std::size_t{16} << 10;
  LoopbackJob job(kRanks, seed);
  SeenOnWire wire;
  wire.watch(job.network);
  Owner owner(job.network.at(0), model, data, training, session);
  owner.start();
  for (std::uint32_t epoch = 0; epoch < training.epochs; ++epoch) {
    owner.train_epoch(epoch);
    owner.test();
  }
  owner.pause();
  owner.resume();
  owner.parameters();
  owner.stop();
  return wire;
}

TEST(TheWireInRounds, IsTheSameWhateverThePlanAndTheCut) {
  for (const auto& [checks, clip] : {std::pair{0.0, 0.0f}, std::pair{1.0, 0.25f}}) {
    const SeenOnWire two = wire_of(2, {}, 1, checks, clip);
    ASSERT_FALSE(two.sizes.empty());
    EXPECT_EQ(wire_of(3, {}, 2, checks, clip).sizes, two.sizes);
    EXPECT_EQ(wire_of(5, {}, 3, checks, clip).sizes, two.sizes);
    EXPECT_EQ(wire_of(5, {1, 1}, 4, checks, clip).sizes, two.sizes);
    EXPECT_EQ(wire_of(5, {2, 0}, 5, checks, clip).sizes, two.sizes);
    EXPECT_EQ(wire_of(3, {}, 6, checks, clip, Redraw::kEpoch).sizes, two.sizes);
    EXPECT_EQ(wire_of(3, {}, 7, checks, clip, Redraw::kBatch).sizes,
              wire_of(5, {1, 1}, 8, checks, clip, Redraw::kBatch).sizes);
  }
}

// Exchanges of a run of so many steps.
std::size_t exchanges_of_run(std::size_t steps, int ranks, std::size_t hops, std::size_t allowance,
                             Redraw redraw) {
  const ModelSpec model = chain_of(2);
  TrainingOptions training = rounds_training(4);
  training.epochs = 1;
  const DataPair data =
      testing::small_pair(steps * training.batch_size, training.batch_size, kRoundsInput, 4);
  SessionOptions session = in_rounds(hops, 4, ranks);
  session.spot_checks = 0;
  session.redraw = redraw;
  session.allowance = allowance;
  session.stage_bytes = std::size_t{64} << 10;
  session.in_flight = choose_round_in_flight(4, static_cast<std::size_t>(ranks), allowance);
  LoopbackJob job(ranks, 3);
  SeenOnWire wire;
  wire.watch(job.network);
  testing::train(job, model, data, training, session);
  return std::get<0>(wire.sizes.rbegin()->first) + 1;
}

// What plan says of them is what they are.
TEST(TheWireInRounds, HasAsManyExchangesForFreshRoutesAsPlanSays) {
  for (const auto& [ranks, hops, allowance] :
       {std::tuple{6, 3u, 1u}, std::tuple{9, 2u, 1u}, std::tuple{6, 3u, 2u}}) {
    const auto of_steps = [&, ranks = ranks, hops = hops, allowance = allowance](Redraw redraw) {
      return exchanges_of_run(12, ranks, hops, allowance, redraw) -
             exchanges_of_run(4, ranks, hops, allowance, redraw);
    };
    const auto n = static_cast<std::size_t>(ranks);
    EXPECT_EQ(of_steps(Redraw::kRun), 8 * exchanges_of_step(n, 4, allowance)) << ranks;
    EXPECT_EQ(of_steps(Redraw::kBatch),
              8 * (exchanges_of_step(n, 4, allowance) + exchanges_of_redraw(n, hops, allowance)))
        << ranks;
  }
}

// Not one behind the other: with the same parameters for each, twice the ranks take little longer.
TEST(TheWireInRounds, StartsAndEndsAllRanksAtOnce) {
  const auto besides_steps = [](int ranks) {
    return exchanges_of_run(4, ranks, 3, 1, Redraw::kRun) -
           4 * exchanges_of_step(static_cast<std::size_t>(ranks), 4);
  };
  EXPECT_LT(besides_steps(12), besides_steps(6) * 3 / 2);
}

TEST(TheWireInRounds, HasEverySlotOfEveryExchange) {
  const SeenOnWire wire = wire_of(3, {}, 5, 0, 0);
  const auto [last, round, draw, from, to] = wire.sizes.rbegin()->first;
  EXPECT_EQ(wire.sizes.size(), (last + 1) * 4 * 9 * 8);
  std::size_t size = wire.sizes.begin()->second;
  EXPECT_TRUE(
      std::ranges::all_of(wire.sizes, [&](const auto& slot) { return slot.second == size; }));
}

// What is altered on its way is said again by all, and the bits are right.
TEST(LossesInRounds, ChangeNoBitIfSlotsAreAltered) {
  const ModelSpec model = chain_of(3);
  const DataPair data = testing::small_pair(50, 23, kRoundsInput, 4);
  const TrainingOptions training = rounds_training(3);
  LoopbackJob job(7, 9);
  CounterRng rng(3, RandomPurpose::kTest, 5);
  std::size_t altered = 0;
  std::uint64_t newest = 0;
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    newest = read_name(wire.cell.first(kClearBytes))->exchange;
    if (rng.below(2000) == 0) {
      const std::size_t at =
          kClearBytes + rng.below(static_cast<std::uint32_t>(wire.cell.size() - kClearBytes));
      wire.cell[at] ^= std::byte{1};
      ++altered;
    }
    return LoopbackNetwork::Fate::kDeliver;
  });
  Owner owner(job.network.at(0), model, data, training, in_lossy_rounds(3, 3, 7));
  owner.start();
  TrainedJob ours;
  for (std::uint32_t epoch = 0; epoch < training.epochs; ++epoch) {
    ours.epochs.push_back(owner.train_epoch(epoch));
    ours.tests.push_back(owner.test());
  }
  ours.parameters = owner.parameters();
  owner.stop();
  EXPECT_GT(altered, 10u);
  testing::expect_same(ours, testing::train_reference(model, data, training));
}

// One slot is altered in the exchange before a draw changes, or in the one before that: all go back
// over the change.
TEST(LossesInRounds, ChangeNoBitIfAllGoBackOverAChangeOfDraws) {
  const ModelSpec model = chain_of(2);
  const DataPair data = testing::small_pair(24, 23, kRoundsInput, 4);
  const TrainingOptions training = rounds_training(2);
  const TrainedJob reference = testing::train_reference(model, data, training);
  const auto run = [&](std::optional<std::uint64_t> lost, std::vector<std::uint64_t>* changes,
                       Redraw redraw = Redraw::kRun) {
    LoopbackJob job(5, 9);
    SessionOptions session = in_rounds(1, 2, 5);
    session.redraw = redraw;
    SlotName newest;
    job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
      const SlotName name = read_name(wire.cell.first(kClearBytes)).value();
      if (name.exchange > newest.exchange) {
        if (changes != nullptr && name.draw != newest.draw) changes->push_back(name.exchange);
        newest = name;
      }
      if (name.exchange == lost && name.round == 1 && wire.from == 0 && wire.to == 3) {
        wire.cell[kClearBytes] ^= std::byte{1};
        lost.reset();
      }
      return LoopbackNetwork::Fate::kDeliver;
    });
    const TrainedJob ours = testing::train(job, model, data, training, session);
    testing::expect_same(ours, reference);
    EXPECT_FALSE(lost.has_value());
  };
  std::vector<std::uint64_t> changes;
  run({}, &changes);  // when, follows from public numbers: the chain of each run is another
  ASSERT_GT(changes.size(), 6u);
  for (const std::uint64_t change : changes)
    for (const std::uint64_t before : {1, 2}) {
      SCOPED_TRACE(std::to_string(change) + " - " + std::to_string(before));
      run(change - before, nullptr);
      run(change - before, nullptr, Redraw::kEpoch);
    }
}

// More of them than orders are kept for: those are counted by what is new.
TEST(LossesInRounds, ChangeNoBitIfManyExchangesAreLostInARow) {
  const ModelSpec model = chain_of(2);
  const DataPair data = testing::small_pair(24, 23, kRoundsInput, 4);
  const TrainingOptions training = rounds_training(2);
  constexpr std::uint64_t kFrom = 60, kTo = kFrom + 94;
  LoopbackJob job(5, 9);
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    const SlotName name = read_name(wire.cell.first(kClearBytes)).value();
    if (name.exchange >= kFrom && name.exchange < kTo && wire.from == 2 && wire.to == 3)
      wire.cell[kClearBytes + kSlotLane] ^= std::byte{1};
    return LoopbackNetwork::Fate::kDeliver;
  });
  testing::expect_same(testing::train(job, model, data, training, in_lossy_rounds(1, 2, 5)),
                       testing::train_reference(model, data, training));
}

std::string error_of_rounds(LoopbackJob& job, const ModelSpec& model) {
  const DataPair data = testing::small_pair(24, 23, kRoundsInput, 4);
  try {
    testing::train(job, model, data, rounds_training(2), in_lossy_rounds(1, 2, 5));
  } catch (const RunError& error) {
    return error.what();
  }
  return {};
}

TEST(LossesInRounds, EndTheRunIfTheyDoNotEnd) {
  LoopbackJob job(5, 9);
  job.network.on_cell([](LoopbackNetwork::Wire& wire) {
    if (read_name(wire.cell.first(kClearBytes))->exchange > 60 && wire.from == 2 && wire.to == 3)
      wire.cell[kClearBytes + kSlotLane] ^= std::byte{1};
    return LoopbackNetwork::Fate::kDeliver;
  });
  EXPECT_NE(error_of_rounds(job, chain_of(2)).find("again and again"), std::string::npos);
}

TEST(AnswersInRounds, EndTheRunIfOneByLaneDoesNotCome) {
  LoopbackJob job(5, 9);
  Node::Lies lies;
  lies.takes = [](Message& message) {  // waits for more than will ever come
    if (message.info.label.kind == MessageKind::kSettle)
      for (std::byte& byte : message.payload.bytes().last(8)) byte = std::byte{0x7f};
  };
  job.nodes[2] =
      std::make_unique<Node>(job.network.at(3), NodeIdentity{}, Node::Seen{}, std::move(lies));
  EXPECT_NE(error_of_rounds(job, chain_of(2)).find("report of rank 3 did not come"),
            std::string::npos);
}

// All parts come before the stage is made, and are answered one after the other.
TEST(RoundsTrainingOfManyLayers, EqualsTheReferenceWithSpecificationsInParts) {
  ModelSpec model = chain_of(3);
  model.stages[1].insert(model.stages[1].end(), 900, ReluSpec{});
  const DataPair data = testing::small_pair(24, 23, kRoundsInput, 4);
  const TrainingOptions training = rounds_training(2);
  LoopbackJob job(7, 9);
  testing::expect_same(testing::train(job, model, data, training, in_rounds(3, 2, 7)),
                       testing::train_reference(model, data, training));
}

TEST(RoundsOptions, AreCheckedBeforeAnythingIsSent) {
  ModelSpec model = chain_of(3);
  const DataPair data = testing::small_pair(24, 8, kRoundsInput, 4);
  const auto refused = [&](int ranks, const TrainingOptions& training,
                           const SessionOptions& session) {
    LoopbackNetwork network(ranks, 1);
    try {
      Owner(network.at(0), model, data, training, session);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const TrainingOptions training = rounds_training(3);
  const SessionOptions session = in_rounds(3, 3, 8);
  EXPECT_EQ(refused(8, training, session), "");
  SessionOptions other = session;
  other.hops = 0;
  EXPECT_NE(refused(8, training, other).find("--hops"), std::string::npos);
  other = session;
  other.padding = Padding::kCells;
  EXPECT_NE(refused(8, training, other).find("--padding"), std::string::npos);
  other = session;
  other.cell_bytes = 4096;
  EXPECT_NE(refused(8, training, other).find("--cell-size"), std::string::npos);
  other = session;
  other.in_flight = 4;
  EXPECT_NE(refused(8, training, other).find("--in-flight"), std::string::npos);
  other = session;
  other.redraw = Redraw::kBatch;
  EXPECT_EQ(refused(8, training, other), "");
  TrainingOptions overlapping = training;
  overlapping.staleness = 1;
  EXPECT_NE(refused(8, overlapping, other).find("--redraw batch"), std::string::npos);
  other.redraw = Redraw::kEpoch;
  EXPECT_EQ(refused(8, training, other), "");
  other.traffic = TrafficKind::kOnion;
  EXPECT_NE(refused(8, training, other).find("--redraw is for --traffic rounds"),
            std::string::npos);
  TrainingOptions many = training;
  many.micro_batches = 12;
  many.batch_size = 24;
  many.micro_batches = 13;
  EXPECT_EQ(refused(8, many, in_rounds(3, 13, 8)), "");
  model = chain_of(1);
  EXPECT_NE(refused(8, many, in_rounds(3, 13, 8)).find("--micro-batches"), std::string::npos);
  many.micro_batches = 12;
  EXPECT_EQ(refused(8, many, in_rounds(3, 12, 8)), "");
  EXPECT_EQ(refused(5, training, in_rounds(3, 3, 5)), "");
  TrainingOptions stale = training;
  stale.staleness = 1;
  EXPECT_NE(refused(5, stale, in_rounds(3, 3, 5)).find("--staleness"), std::string::npos);
  model = chain_of(2);
  EXPECT_EQ(refused(5, stale, in_rounds(3, 3, 5)), "");
  model = chain_of(4);
  EXPECT_NE(refused(5, training, in_rounds(3, 3, 5)).find("too few ranks"), std::string::npos);
}

}  // namespace
}  // namespace mixnn
