// Every rank in turn is hostile, in every way that job/hostile knows: the right bits, or a clear
// stop that names a set of ranks with it; never an honest rank alone (P5). Each test prints its row
// of the table in docs/threat-model.md. Lies about tensors are for spot checks to see, false owners
// for identities (session/).
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "job/hostile/ways.hpp"
#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using testing::HostileWay;
using testing::Outcome;
using testing::TrainedJob;

constexpr int kHostileRanks = 7, kSeeds = 3;
constexpr int kMostTries = 60;  // until the plan has it do what its way needs

struct HostileTraining {
  ModelSpec model = testing::small_model({1, 4, 5}, {128, 24, 4});  // two cells a message
  DataPair data = testing::small_pair(60, 20, {1, 4, 5}, 4);
  TrainingOptions training;
  HostileTraining() {
    training.epochs = 2;
    training.batch_size = 20;
    training.micro_batches = 2;
    training.seed = 3;
  }
};

const HostileTraining& hostile_training() {
  static const HostileTraining training;
  return training;
}

const TrainedJob& undisturbed() {
  const HostileTraining& what = hostile_training();
  static const TrainedJob job = testing::train_reference(what.model, what.data, what.training);
  return job;
}

struct HostileRun {
  Outcome outcome{};
  std::string said;
  int done = 0;
  bool marked = false;  // what another rank sent
};

class HostileJob {
 public:
  HostileJob(const HostileWay& way, int hostile, int seed)
      : hostile_(hostile),
        rng_(static_cast<std::uint64_t>(seed), RandomPurpose::kTest,
             static_cast<std::uint32_t>(hostile)),
        network_(kHostileRanks, static_cast<std::uint64_t>(seed)),
        timeout_(way.timeout_s) {
    const auto ranks = static_cast<std::uint32_t>(kHostileRanks);
    int victim = hostile;
    while (victim == hostile) victim = static_cast<int>(rng_.below(ranks));
    for (int rank = 1; rank < kHostileRanks; ++rank)
      if (rank == hostile)
        rank_.emplace(network_.at(rank),
                      way.misdeed(static_cast<int>(rng_.below(kCellsOfARank)), victim),
                      static_cast<std::uint64_t>(seed));
      else
        nodes_.push_back(std::make_unique<Node>(network_.at(rank)));
    network_.pump([this] { round(); });
    network_.on_cell([this](LoopbackNetwork::Wire& wire) {
      marked_ = marked_ || (wire.from != hostile_ && holds_mark(wire.cell));
      return LoopbackNetwork::Fate::kDeliver;
    });
  }

  HostileRun run() {
    HostileRun result;
    try {
      result.outcome = train(result.said);
    } catch (const RunError& error) {
      result.said = error.what();
      result.outcome = testing::outcome_of_stop(error.what(), hostile_);
    }
    result.done = *rank_->misdeed().done;
    result.marked = marked_;
    return result;
  }

 private:
  static constexpr std::uint32_t kCellsOfARank = 300;  // each sends more

  static bool holds_mark(ConstBytes cell) {
    const ConstBytes mark = bytes_of(testing::kMark);
    return std::ranges::search(cell.first(kBodyOffset), mark).begin() !=
           cell.first(kBodyOffset).end();
  }

  void round() {
    std::vector<Node*> order{&rank_->node()};
    for (const auto& node : nodes_) order.push_back(node.get());
    shuffle(std::span(order), rng_);
    for (Node* const node : order)
      if (node != &rank_->node())
        node->step();
      else if (!failed_)
        step_hostile();
  }

  // What it says as it fails is its own affair.
  void step_hostile() {
    try {
      rank_->node().step();
    } catch (const RunError&) {
      failed_ = true;
    }
  }

  Outcome train(std::string& said) {
    const HostileTraining& what = hostile_training();
    SessionOptions session;
    session.cell_bytes = 4096;
    session.timeout =
        std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(timeout_));
    Owner owner(network_.at(0), what.model, what.data, what.training, session);
    owner.start();
    bool same = true;
    for (std::uint32_t epoch = 0; epoch < what.training.epochs; ++epoch) {
      same = same && owner.train_epoch(epoch).train_loss == undisturbed().epochs[epoch].train_loss;
      same = same && owner.test().loss == undisturbed().tests[epoch].loss;
    }
    same = same && owner.parameters() == undisturbed().parameters;
    const std::vector<Refused> refused = owner.stop().refused;
    said = refused_text(refused);
    return testing::outcome_of_run(same, refused, hostile_);
  }

  int hostile_;
  CounterRng rng_;
  LoopbackNetwork network_;
  double timeout_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::optional<testing::HostileRank> rank_;
  bool marked_ = false, failed_ = false;
};

class HostileRanks : public ::testing::TestWithParam<HostileWay> {};

TEST_P(HostileRanks, GetTheRightBitsOrAStopThatNamesThem) {
  const HostileWay& way = GetParam();
  std::map<Outcome, int> outcomes;
  for (int hostile = 1; hostile < kHostileRanks; ++hostile)
    for (int seed = 1; seed <= kSeeds; ++seed) {
      HostileRun run;
      for (int tries = 0; run.done == 0 && tries < kMostTries; ++tries)
        run = HostileJob(way, hostile, seed).run();
      ASSERT_GT(run.done, 0);
      ++outcomes[run.outcome];
      EXPECT_NE(std::ranges::find(way.may, run.outcome), way.may.end())
          << "rank " << hostile << ", seed " << seed << ": " << to_string(run.outcome) << ": "
          << run.said;
      EXPECT_FALSE(run.marked) << "a mark passed an honest rank";
    }
  std::string row = "| " + way.name + " |";
  for (const auto& [outcome, count] : outcomes)
    row += " " + std::to_string(count) + " " + to_string(outcome) + ";";
  row.back() = ' ';
  std::printf("%s|\n", row.c_str());
}

const auto way_name = [](const ::testing::TestParamInfo<HostileWay>& info) {
  return info.param.name;
};
INSTANTIATE_TEST_SUITE_P(Relay, HostileRanks, ::testing::ValuesIn(testing::relay_ways()), way_name);
INSTANTIATE_TEST_SUITE_P(Host, HostileRanks, ::testing::ValuesIn(testing::host_ways()), way_name);

}  // namespace
}  // namespace mixnn
