// Traffic in rounds with an allowance, and with a pace, where each rank computes on a thread of its
// own: the bits of the reference, also where ranks are late.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "job/loopback_job.hpp"
#include "mixnn/session/automatic.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;
using testing::LoopbackJob;
using testing::TrainedJob;

const Shape kPacedInput{1, 4, 6};

struct PacedRun {
  int ranks;
  std::size_t stages, micro_batches, allowance;
  Nanoseconds period{0};
  double spot_checks = 0;
  float clip_norm = 0;
  OwnStages own{};

  std::size_t hops = 2;
  ModelSpec model() const {
    std::vector<std::int64_t> widths(stages + own.count() - 1, 14);
    widths.push_back(4);
    ModelSpec spec = testing::small_model(kPacedInput, widths);
    spec.own = own;
    return spec;
  }
  TrainingOptions training() const {
    TrainingOptions options;
    options.epochs = 2;
    options.batch_size = 12;
    options.micro_batches = micro_batches;
    options.learning_rate = 0.05f;
    options.seed = 23;
    options.clip_norm = clip_norm;
    return options;
  }
  SessionOptions session() const {
    SessionOptions options;
    options.traffic = TrafficKind::kRounds;
    options.hops = hops;
    options.allowance = allowance;
    options.pace.period = period;
    options.in_flight =
        choose_round_in_flight(micro_batches, static_cast<std::size_t>(ranks), allowance);
    options.window_steps = 2;
    options.spot_checks = spot_checks;
    options.stage_bytes = std::size_t{16} << 10;
    options.timeout = 20s;
    return options;
  }
  TrainedJob trained(LoopbackJob& job) const {
    return testing::train(job, model(), data(), training(), session());
  }
  TrainedJob reference() const {
    ModelSpec spec = model();
    spec.own = {};
    return testing::train_reference(spec, data(), training());
  }
  static const DataPair& data() {
    static const DataPair pair = testing::small_pair(50, 23, kPacedInput, 4);
    return pair;
  }
};

TEST(RoundsWithAnAllowance, EqualTheReference) {
  for (const PacedRun& run :
       {PacedRun{7, 3, 3, 2}, PacedRun{6, 3, 4, 3}, PacedRun{5, 1, 8, 2}, PacedRun{5, 1, 12, 2},
        PacedRun{7, 2, 3, 8}, PacedRun{7, 3, 3, 2, 0ns, 1, 0.25f},
        PacedRun{7, 2, 3, 4, 0ns, 1, 0, {1, 1}}}) {
    SCOPED_TRACE(std::to_string(run.ranks) + " " + std::to_string(run.allowance));
    LoopbackJob job(run.ranks, 7);
    const TrainedJob ours = run.trained(job);
    testing::expect_same(ours, run.reference());
    EXPECT_EQ(ours.totals.cells, job.network.cells_sent());
    EXPECT_EQ(ours.totals.late.all(), 0u);
  }
}

// With threads; a round of a loopback on this machine may well be longer.
TEST(RoundsWithAPace, EqualTheReference) {
  for (const PacedRun& run :
       {PacedRun{5, 2, 3, 2, 100us}, PacedRun{7, 3, 3, 3, 50us, 1, 0.25f},
        PacedRun{6, 2, 3, 1, 50us}, PacedRun{6, 2, 3, 8, 20us, 0, 0, {1, 1}}}) {
    SCOPED_TRACE(std::to_string(run.ranks) + " " + std::to_string(run.allowance));
    LoopbackJob job(run.ranks, 7);
    const TrainedJob ours = run.trained(job);
    testing::expect_same(ours, run.reference());
    EXPECT_EQ(ours.totals.rejected, 0u);
    EXPECT_EQ(ours.totals.cells, job.network.cells_sent());
  }
}

// A host takes longer for each message of the chain than it is allowed.
TEST(RoundsWithAPace, HaveTheBitsOfTheReferenceIfARankIsLateAndItIsCounted) {
  const PacedRun run{5, 2, 2, 2, 200us};
  LoopbackJob job(run.ranks, 7);
  for (std::size_t node = 0; node < job.nodes.size(); ++node) {
    Node::Lies slow;
    slow.takes = [](Message& message) {
      if (message.info.label.kind == MessageKind::kBackward) std::this_thread::sleep_for(20ms);
    };
    job.nodes[node] = std::make_unique<Node>(job.network.at(static_cast<int>(node) + 1),
                                             NodeIdentity{}, Node::Seen{}, std::move(slow));
  }
  const TrainedJob ours = run.trained(job);
  testing::expect_same(ours, run.reference());
  EXPECT_GT(ours.totals.late.all(), 0u);
}

TEST(RoundsWithAPace, SettleItAtTheStartAndThenKeepIt) {
  const PacedRun run{5, 2, 3, 2};
  LoopbackJob job(run.ranks, 7);
  SessionOptions session = run.session();
  session.pace.automatic = true;
  Owner owner(job.network.at(0), run.model(), run.data(), run.training(), session);
  const Nanoseconds period = owner.start().period;
  EXPECT_GT(period, 0ns);
  EXPECT_LT(period, kMostPeriod);
  owner.train_epoch(0);
  owner.test();
  const std::vector<std::vector<float>> ours = owner.parameters();
  owner.stop();
  Baseline baseline(run.model(), run.data(), run.training());
  baseline.train_epoch(0);
  EXPECT_EQ(ours, baseline.parameters());
}

// The numbers of exchanges, and so all counts, follow from public numbers, however long the owner
// and the hosts take for what they compute, as long as that is less than they are allowed.
TEST(RoundsWithAPace, TakeAsManyExchangesWhateverRanksCompute) {
  std::set<std::uint64_t> cells;
  for (const std::size_t stages : {1, 2, 3}) {
    const PacedRun run{5, stages, 3, 16, 500us, 0, 0, {stages == 1 ? 1u : 0u, 0}};
    LoopbackJob job(run.ranks, stages);
    TrainingOptions training = run.training();
    training.epochs = 1;
    const TrainedJob ours = testing::train(job, run.model(), run.data(), training, run.session());
    if (ours.totals.late.all() > 0) GTEST_SKIP() << "this machine is too busy";
    cells.insert(ours.totals.cells);
  }
  EXPECT_EQ(cells.size(), 1u);
}

}  // namespace
}  // namespace mixnn
