// Traffic in rounds with a hostile rank: the right bits, or an end whose error names a pair or a
// rank that is it or has it; never an honest rank alone. What the wire shows of it does not depend
// on the plan. Each way prints its row of the table in docs/threat-model.md.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <map>

#include "job/hostile/hostile_rank.hpp"
#include "job/hostile/outcome.hpp"
#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/rounds/slot.hpp"
#include "mixnn/session/automatic.hpp"

namespace mixnn {
namespace {

using testing::HostileTransport;
using testing::Misdeed;
using testing::Outcome;
using testing::TrainedJob;

constexpr int kBlameRanks = 7;
constexpr std::uint64_t kBegins = 70;  // the exchange: in training

struct BlameTraining {
  ModelSpec model = testing::small_model({1, 4, 5}, {16, 12, 4});
  DataPair data = testing::small_pair(36, 10, {1, 4, 5}, 4);
  TrainingOptions training;
  SessionOptions session;

  explicit BlameTraining(int ranks = kBlameRanks) {
    training.epochs = 1;
    training.batch_size = 12;
    training.micro_batches = 2;
    training.seed = 3;
    session.traffic = TrafficKind::kRounds;
    session.hops = 3;
    session.in_flight = choose_round_in_flight(2, static_cast<std::size_t>(ranks));
    session.timeout = std::chrono::seconds(20);
  }
};

SlotName name_of(const CellBuffer& cell) {
  return read_name(cell.bytes().first(kClearBytes)).value_or(SlotName{});
}

// With the slots that it sends to that rank, in these exchanges and rounds.
struct When {
  int to;
  std::function<bool(std::uint64_t exchange)> exchanges;
  int round = -1;  // all

  bool is(int receiver, const SlotName& name) const {
    return receiver == to && exchanges(name.exchange) && (round < 0 || round == name.round);
  }
};
bool always(std::uint64_t exchange) { return exchange >= kBegins; }
bool once(std::uint64_t exchange) { return exchange == kBegins; }
bool in_every_third(std::uint64_t exchange) { return exchange >= kBegins && exchange % 3 == 0; }

Misdeed alters_slots(const When& when, std::size_t byte) {
  Misdeed misdeed;
  misdeed.sends = [=, done = misdeed.done](HostileTransport& link, int to, CellBuffer cell) {
    if (when.is(to, name_of(cell))) {
      cell.bytes()[byte] ^= std::byte{1};
      ++*done;
    }
    link.pass(to, std::move(cell));
  };
  return misdeed;
}
Misdeed drops_slots(const When& when) {
  Misdeed misdeed;
  misdeed.sends = [=, done = misdeed.done](HostileTransport& link, int to, CellBuffer cell) {
    if (when.is(to, name_of(cell)))
      ++*done;
    else
      link.pass(to, std::move(cell));
  };
  return misdeed;
}
Misdeed repeats_slots(const When& when) {
  Misdeed misdeed;
  misdeed.sends = [=, done = misdeed.done](HostileTransport& link, int to, CellBuffer cell) {
    if (when.is(to, name_of(cell))) *done += link.slip(to, cell.bytes());
    link.pass(to, std::move(cell));
  };
  return misdeed;
}
// Two slots of a round change places.
Misdeed swaps_slots(const When& when, int with) {
  Misdeed misdeed;
  misdeed.sends = [=, done = misdeed.done](HostileTransport& link, int to, CellBuffer cell) {
    const SlotName name = name_of(cell);
    const bool one = when.is(to, name);
    const bool other = to == with && when.is(when.to, name);
    *done += one;
    link.pass(one ? with : other ? when.to : to, std::move(cell));
  };
  return misdeed;
}
Misdeed says_nothing() {
  Misdeed misdeed;
  misdeed.sends = [done = misdeed.done](HostileTransport& link, int to, CellBuffer cell) {
    if (name_of(cell).exchange < kBegins) return link.pass(to, std::move(cell));
    ++*done;
  };
  return misdeed;
}
// Slots of rounds that nobody waits for, and junk.
Misdeed floods_slots(int victim) {
  Misdeed misdeed;
  misdeed.looks = [=, left = 400, done = misdeed.done](HostileTransport& link) mutable {
    std::vector<std::byte> slot = link.noise(link.cell_bytes());
    if (left % 2 == 0) write_name({kBegins, 1, DrawNumber::kTraining}, Bytes(slot).first(16));
    if (left > 0 && link.slip(victim, slot)) --left, ++*done;
  };
  return misdeed;
}
Misdeed errs(const std::string& text) {
  Misdeed misdeed;
  misdeed.reports = [=, number = 2, done = misdeed.done](Report& report) mutable {
    if (number-- > 0) return;
    ++*done;
    report.type = Report::Type::kError;
    report.error = text;
  };
  return misdeed;
}

struct RoundsWay {
  std::string name;
  std::function<Misdeed(int victim, int other)> misdeed;
  std::vector<Outcome> may;
  double timeout_s = 20;  // a third of it is the patience
};

// Rank 0 is the owner: what goes to it is the hostile rank's lane, too.
std::vector<RoundsWay> rounds_ways() {
  using enum Outcome;
  constexpr std::size_t kBody = kSlotHead, kTagP = kClearBytes + kSlotLane, kLane = kClearBytes;
  return {
      {"AltersOnce",
       [](int v, int) {
         return alters_slots({v, once}, kBody);
       },
       {kUndisturbed}},
      {"Alters",
       [](int v, int) {
         return alters_slots({v, always, 2}, kBody);
       },
       {kNamed}},
      {"AltersInEveryThird",
       [](int v, int) {
         return alters_slots({v, in_every_third, 1}, kBody);
       },
       {kNamed}},
      {"DropsOnce",
       [](int v, int) {
         return drops_slots({v, once, 1});
       },
       {kUndisturbed},
       0.9},
      {"WithholdsAsEntry",
       [](int v, int) {
         return drops_slots({v, always, 1});
       },
       {kNamed},
       0.3},
      {"WithholdsAsExit",
       [](int v, int) {
         return drops_slots({v, always, 3});
       },
       {kNamed},
       0.3},
      {"Repeats",
       [](int v, int) {
         return repeats_slots({v, always});
       },
       {kCounted}},
      {"SwapsSlots",
       [](int v, int w) {
         return swaps_slots({v, always, 1}, w);
       },
       {kNamed}},
      {"MarksTags",
       [](int v, int) {
         return alters_slots({v, always, 3}, kTagP);
       },
       {kUndisturbed}},
      {"ForgesItsLane",
       [](int, int) {
         return alters_slots({0, always}, kLane);
       },
       {kNamed}},
      {"SaysNothing", [](int, int) { return says_nothing(); }, {kNamed}, 0.6},
      {"Floods", [](int v, int) { return floods_slots(v); }, {kCounted}},
      {"ErrsInAnothersName",
       [](int v, int) { return errs("rank " + std::to_string(v) + " lies"); },
       {kNamed}},
  };
}

struct BlamedRun {
  Outcome outcome{};
  std::string said;
  int done = 0;
};

class BlamedJob {
 public:
  BlamedJob(const RoundsWay& way, int hostile, std::uint64_t seed, const BlameTraining& what)
      : what_(what), hostile_(hostile), network_(kBlameRanks, seed) {
    const int victim = 1 + (hostile + static_cast<int>(seed)) % (kBlameRanks - 1);
    const auto other_than = [&](int a) { return a % (kBlameRanks - 1) + 1; };
    int v = victim == hostile ? other_than(victim) : victim, w = other_than(v);
    if (w == hostile) w = other_than(w);
    what_.session.timeout =
        std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(way.timeout_s));
    what_.session.rewinds = way.timeout_s < 1 ? 1 : kRewindLimit;
    for (int rank = 1; rank < kBlameRanks; ++rank)
      if (rank == hostile)
        rank_.emplace(network_.at(rank), way.misdeed(v, w), seed);
      else
        nodes_.push_back(std::make_unique<Node>(network_.at(rank)));
    network_.pump([this] {
      rank_->node().step();
      for (const auto& node : nodes_) node->step();
    });
  }
  LoopbackNetwork& network() { return network_; }

  BlamedRun run(const TrainedJob& reference) {
    BlamedRun result;
    try {
      result.outcome = train(reference, result.said);
    } catch (const RunError& error) {
      result.said = error.what();
      result.outcome = testing::outcome_of_stop(error.what(), hostile_);
    }
    result.done = *rank_->misdeed().done;
    return result;
  }

 private:
  Outcome train(const TrainedJob& reference, std::string& said) {
    Owner owner(network_.at(0), what_.model, what_.data, what_.training, what_.session);
    owner.start();
    bool same = owner.train_epoch(0).train_loss == reference.epochs[0].train_loss;
    same = same && owner.test().loss == reference.tests[0].loss;
    same = same && owner.parameters() == reference.parameters;
    const std::vector<Refused> refused = owner.stop().refused;
    said = refused_text(refused);
    return testing::outcome_of_run(same, refused, hostile_);
  }

  BlameTraining what_;
  int hostile_;
  LoopbackNetwork network_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::optional<testing::HostileRank> rank_;
};

// Of "rank 3 and rank 5", or a rank alone in front of what it did: each has the hostile one.
void expect_no_honest_alone(const std::string& said, int hostile) {
  const std::string honest = said.substr(0, said.find("; to go on without it"));
  for (std::size_t at = 0; (at = honest.find("rank ", at)) != std::string::npos;) {
    int a = 0, b = 0, length = 0;
    if (std::sscanf(honest.c_str() + at, "rank %d and rank %d%n", &a, &b, &length) == 2) {
      EXPECT_TRUE(a == hostile || b == hostile) << said;
      at += static_cast<std::size_t>(length);
    } else {
      break;  // other ends than those of a blame are not made of pairs
    }
  }
}

class HostileInRounds : public ::testing::TestWithParam<RoundsWay> {};

TEST_P(HostileInRounds, GetsTheRightBitsOrAnEndThatNamesIt) {
  const RoundsWay& way = GetParam();
  static const BlameTraining what;
  static const TrainedJob reference =
      testing::train_reference(what.model, what.data, what.training);
  std::map<Outcome, int> outcomes;
  const bool slow = way.timeout_s < 1;  // it waits for what does not come
  for (const int hostile : {1, 4, 6})
    for (std::uint64_t seed = 1; seed <= (slow ? 1u : 2u); ++seed) {
      const BlamedRun run = BlamedJob(way, hostile, seed, what).run(reference);
      EXPECT_GT(run.done, 0);
      ++outcomes[run.outcome];
      EXPECT_NE(std::ranges::find(way.may, run.outcome), way.may.end())
          << "rank " << hostile << ", seed " << seed << ": " << to_string(run.outcome) << ": "
          << run.said;
      expect_no_honest_alone(run.said, hostile);
    }
  std::string row = "| " + way.name + " |";
  for (const auto& [outcome, count] : outcomes)
    row += " " + std::to_string(count) + " " + to_string(outcome) + ";";
  std::printf("%s|\n", row.c_str());
}

INSTANTIATE_TEST_SUITE_P(All, HostileInRounds, ::testing::ValuesIn(rounds_ways()),
                         [](const auto& way) { return way.param.name; });

// The steps after which another job goes on are those of the last checkpoint; the rank that is to
// blame is not among its ranks.
TEST(BlamedTraining, GoesOnFromItsCheckpointOnOtherRanks) {
  const BlameTraining what;
  const TrainedJob reference = testing::train_reference(what.model, what.data, what.training);
  std::string folder = (std::filesystem::temp_directory_path() / "mixnn-blame.XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const CheckpointKey key{Key::from(std::vector<std::byte>(32, std::byte{5}))};
  const std::size_t chunks = 1 + shard_chunks(20 * 16 + 16);
  TrainingPoint point;
  std::vector<ShardRecord> shards;
  LoopbackNetwork::CellHook attack = [](LoopbackNetwork::Wire& wire) {
    if (wire.from == 5 && wire.to == 2) wire.cell.back() ^= std::byte{1};
    return LoopbackNetwork::Fate::kDeliver;
  };
  {
    testing::LoopbackJob job(kBlameRanks, 4);
    Owner owner(job.network.at(0), what.model, what.data, what.training, what.session);
    owner.start();
    owner.train_steps(2);
    shards = owner.write_shards([&](std::size_t) {
      ShardOrder order;
      order.folder = folder;
      Csprng().fill(order.name);
      order.public_key = key.shard_keys(order.name).public_key;
      order.chunks = static_cast<std::uint32_t>(chunks);
      return order;
    });
    point = owner.point();
    job.network.on_cell(attack);
    try {
      owner.train_steps(1);
      FAIL() << "nobody is blamed";
    } catch (const RunError& error) {
      const std::string said = error.what();
      EXPECT_NE(said.find("rank 2 and rank 5"), std::string::npos) << said;
      EXPECT_NE(said.find("give the same command other ranks"), std::string::npos) << said;
    }
  }
  std::vector<std::vector<float>> state;
  for (std::size_t i = 0; i < what.model.stages.size(); ++i)
    state.push_back(
        read_shard(folder, shards[i].name, key, chunks, shards[i].sha256,
                   what.model.stage(i, 1, what.training.optimizer_for(what.model)).state_count())
            .state);
  std::filesystem::remove_all(folder);
  BlameTraining fewer(kBlameRanks - 1);
  testing::LoopbackJob job(kBlameRanks - 1, 5);
  Owner owner(job.network.at(0), fewer.model, fewer.data, fewer.training, fewer.session);
  owner.start(point, state);
  EXPECT_EQ(owner.train_steps(1).value().train_loss, reference.epochs[0].train_loss);
  EXPECT_EQ(owner.parameters(), reference.parameters);
  owner.stop();
}

// All of it, from the attack to the end, is the same for two plans: links, exchanges, rounds,
// sizes.
struct WireOfAnAttack {
  std::map<std::tuple<std::uint64_t, int, int, int, int>, std::size_t> slots;
  std::string end;
};
WireOfAnAttack wire_under_attack(std::size_t stages, const When& when, std::size_t byte) {
  constexpr int kRanks = 8;
  BlameTraining what(kRanks);
  std::vector<std::int64_t> widths(stages - 1, 16);
  widths.push_back(4);
  what.model = testing::small_model({1, 4, 5}, widths);
  what.session.stage_bytes = 4096;
  testing::LoopbackJob job(kRanks, stages);
  WireOfAnAttack wire;
  job.network.on_cell([&](LoopbackNetwork::Wire& cell) {
    const SlotName name = read_name(cell.cell.first(kClearBytes)).value();
    wire.slots[{name.exchange, name.round, static_cast<int>(name.draw), cell.from, cell.to}] =
        cell.cell.size();
    if (cell.from == 4 && when.is(cell.to, name)) cell.cell[byte] ^= std::byte{1};
    return LoopbackNetwork::Fate::kDeliver;
  });
  try {
    testing::train(job, what.model, what.data, what.training, what.session);
  } catch (const RunError& error) {
    wire.end = error.what();
  }
  return wire;
}

TEST(WireUnderAttack, IsTheSameWhateverThePlan) {
  for (const When& when : {When{6, once}, When{6, in_every_third, 1}, When{0, always}})
    for (const std::size_t byte : {kSlotHead, kClearBytes + 9}) {
      const WireOfAnAttack two = wire_under_attack(2, when, byte),
                           five = wire_under_attack(5, when, byte);
      EXPECT_GT(two.slots.size(), kBegins * 4 * 56);
      EXPECT_EQ(two.slots, five.slots);
      EXPECT_EQ(two.end.empty(), five.end.empty());
    }
}

// Without its words a rank cannot go on, and says so before anybody has to wait.
TEST(OwnersLane, ThatSaysNothingInAWholeExchangeEndsTheRunAtOnce) {
  BlameTraining what;
  what.session.timeout = std::chrono::seconds(60);
  testing::LoopbackJob job(kBlameRanks, 4);
  job.network.on_cell([](LoopbackNetwork::Wire& wire) {
    if (read_name(wire.cell.first(kClearBytes)).value_or(SlotName{}).exchange == kBegins &&
        wire.from == 0 && wire.to == 3)
      wire.cell[kClearBytes] ^= std::byte{1};
    return LoopbackNetwork::Fate::kDeliver;
  });
  const Stopwatch watch;
  try {
    testing::train(job, what.model, what.data, what.training, what.session);
    FAIL() << "it goes on";
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find("rank 0 and rank 3: of all that rank 0 said"),
              std::string::npos)
        << error.what();
  }
  EXPECT_LT(watch.seconds(), 15) << "less than a patience";
}

// Who stays below the limit costs a tenth, and is not named.
TEST(RewindsBelowTheLimit, AreCountedAndTheRunGoesOn) {
  BlameTraining what;
  what.training.epochs *= 2;
  testing::LoopbackJob job(kBlameRanks, 4);
  job.network.on_cell([](LoopbackNetwork::Wire& wire) {
    const SlotName name = read_name(wire.cell.first(kClearBytes)).value();
    const bool bad = name.exchange % 32 == 0 && name.round == 1 && wire.from == 2 && wire.to == 5;
    if (bad) wire.cell[kClearBytes + 300] ^= std::byte{1};
    return LoopbackNetwork::Fate::kDeliver;
  });
  const TrainedJob ours = testing::train(job, what.model, what.data, what.training, what.session);
  testing::expect_same(ours, testing::train_reference(what.model, what.data, what.training));
  ASSERT_TRUE(ours.totals.losses);
  EXPECT_GE(ours.totals.losses->rewinds, 2u);
  EXPECT_GE(ours.totals.losses->bad_slots, 2 * ours.totals.losses->rewinds);
}

}  // namespace
}  // namespace mixnn
