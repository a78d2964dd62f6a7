// What the owner learns of where time went, and that nobody else learns anything from its asking.
#include <gtest/gtest.h>

#include <map>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/wire/description.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;
using Fate = LoopbackNetwork::Fate;

const Shape kTraceInput{1, 4, 5};
constexpr int kRanks = 8;

struct Traced {
  std::vector<RankTrace> traces;
  std::vector<std::vector<float>> parameters;
  SessionTotals totals;
  std::map<int, std::uint64_t> cells_from, cells_to;  // of the trace alone, by rank
};

Traced run(std::size_t trace_events) {
  const ModelSpec model = testing::small_model(kTraceInput, {16, 12, 4});
  const DataPair data = testing::small_pair(50, 23, kTraceInput, 4);
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 12;
  training.micro_batches = 3;
  training.seed = 77;
  SessionOptions session;
  session.trace_events = trace_events;
  LoopbackJob job(kRanks);
  Owner owner(job.network.at(0), model, data, training, session);
  owner.start();
  for (std::uint32_t epoch = 0; epoch < training.epochs; ++epoch) {
    owner.train_epoch(epoch);
    owner.test();
  }
  Traced result;
  result.parameters = owner.parameters();
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    ++result.cells_from[wire.from];
    ++result.cells_to[wire.to];
    return Fate::kDeliver;
  });
  result.traces = owner.trace();
  job.network.on_cell({});
  result.totals = owner.stop();
  return result;
}

TEST(Trace, AllRanksAnswerEquallyOftenWhateverTheyDid) {
  for (const std::size_t events : {std::size_t{10}, std::size_t{1000}, std::size_t{5000}}) {
    const Traced traced = run(events);
    for (int rank = 1; rank < kRanks; ++rank) {
      EXPECT_EQ(traced.cells_from.at(rank), traced.cells_from.at(1)) << rank;
      EXPECT_EQ(traced.cells_to.at(rank), traced.cells_from.at(1)) << rank;
    }
    EXPECT_EQ(traced.cells_from.size(), static_cast<std::size_t>(kRanks));
  }
}

TEST(Trace, WithoutOneNothingIsAskedOrKept) {
  const Traced traced = run(0);
  EXPECT_TRUE(traced.cells_from.empty());
  for (const RankTrace& trace : traced.traces) EXPECT_TRUE(trace.events.empty());
}

TEST(Trace, ChangesNoBitOfTheResult) { EXPECT_EQ(run(5000).parameters, run(0).parameters); }

TEST(Trace, HostsComputeAndRelaysKnowNoMicroBatch) {
  const Traced traced = run(100'000);
  ASSERT_EQ(traced.traces.size(), static_cast<std::size_t>(kRanks));
  std::size_t hosts = 0, relays = 0;
  for (const RankTrace& trace : traced.traces) {
    EXPECT_EQ(trace.dropped, 0u);
    EXPECT_FALSE(trace.events.empty());
    std::map<Activity, std::size_t> count;
    std::uint64_t end = 0;
    std::size_t labelled = 0;
    for (const ActivityEvent& event : trace.events) {
      ++count[event.activity];
      EXPECT_GE(event.start_ns + 1000, end);  // one after the other
      end = event.start_ns + event.duration_ns;
      const auto kind = static_cast<MessageKind>(event.work.kind);
      if (kind == MessageKind::kForward || kind == MessageKind::kBackward) {
        ++labelled;
        EXPECT_LT(event.work.micro_batch, 3u);
        EXPECT_LT(event.work.step, 10u);
      }
    }
    EXPECT_GT(count[Activity::kTicket], 0u);
    if (trace.role == RankUsage::Role::kRelay) {
      ++relays;
      EXPECT_EQ(labelled, 0u);
      EXPECT_EQ(count[Activity::kCompute], 0u);
    } else {
      EXPECT_GT(labelled, 0u);
      EXPECT_GT(count[Activity::kCompute], 0u);
    }
    hosts += trace.role == RankUsage::Role::kHost;
  }
  EXPECT_EQ(hosts, 3u);
  EXPECT_EQ(relays, 4u);
}

TEST(Usage, SumsOfTheTrainingEpochsAreSensible) {
  const Traced traced = run(0);
  ASSERT_EQ(traced.totals.ranks.size(), static_cast<std::size_t>(kRanks));
  for (const RankUsage& rank : traced.totals.ranks) {
    ASSERT_EQ(rank.epochs.size(), 2u);
    for (const EpochUsage& epoch : rank.epochs) {
      double sum = 0;
      for (const double s : epoch.cpu_by_activity()) sum += s;
      EXPECT_NEAR(sum, epoch.cpu_s, 1e-9);
      EXPECT_GT(epoch.wall_s[static_cast<std::size_t>(Activity::kTicket)], 0);
    }
    const bool host = rank.role == RankUsage::Role::kHost;
    EXPECT_EQ(rank.wall_s()[static_cast<std::size_t>(Activity::kCompute)] > 0,
              host || rank.role == RankUsage::Role::kOwner);
    EXPECT_EQ(rank.last.parameters > 0, host);
    EXPECT_EQ(rank.last.optimizer, 2 * rank.last.parameters);
    EXPECT_EQ(rank.last.passes > 0, host);
    EXPECT_LE(rank.last.passes, 3u);  // the micro-batches of a step
    EXPECT_LE(rank.last.cells, rank.last.cell_limit);
    EXPECT_GT(rank.last.resident, 0u);
  }
}

TEST(Usage, SharedCoresAreTakenOffAllActivitiesAlike) {
  EpochUsage epoch;
  epoch.wall_s[static_cast<std::size_t>(Activity::kCompute)] = 3;
  epoch.wall_s[static_cast<std::size_t>(Activity::kSeal)] = 1;
  epoch.wall_s[static_cast<std::size_t>(Activity::kWait)] = 10;
  epoch.cpu_s = 2;
  EXPECT_DOUBLE_EQ(epoch.cpu_by_activity()[static_cast<std::size_t>(Activity::kCompute)], 1.5);
  EXPECT_DOUBLE_EQ(useful_seconds(epoch.cpu_by_activity()), 2);
  epoch.cpu_s = 5;  // one second of looking for work
  EXPECT_DOUBLE_EQ(useful_seconds(epoch.cpu_by_activity()), 4);
  EXPECT_DOUBLE_EQ(epoch.cpu_by_activity()[static_cast<std::size_t>(Activity::kWait)], 1);
}

class NoTurns final : public Turns {
 public:
  void idle(bool) override {}
  void busy() override {}
};

// A transport that carries nothing.
class NoTransport : public Transport {
 public:
  int rank() const override { return 0; }
  int size() const override { return 4; }
  Turns& turns() override { return turns_; }
  Refusals& refusals() override { return refusals_; }
  void send_datagram(int, ConstBytes) override {}
  std::optional<Datagram> poll_datagram() override { return std::nullopt; }
  void open(CellPool&) override {}
  void send(int, CellBuffer) override {}
  std::optional<Arrival> poll() override { return std::nullopt; }
  void flush() override {}
  bool all_sent() override { return true; }
  void close() noexcept override {}

 private:
  NoTurns turns_;
  Refusals refusals_{4};
};

// One of whose ranks runs elsewhere.
class TwoHosts final : public NoTransport {
 public:
  explicit TwoHosts(int elsewhere) : elsewhere_(elsewhere) {}
  bool on_this_host(int other) const override { return other != elsewhere_; }

 private:
  int elsewhere_;
};

TEST(Trace, IsRefusedWhereARankRunsOnAnotherHost) {
  EXPECT_NO_THROW(check_trace_is_private(TwoHosts(-1)));
  LoopbackNetwork network(3);
  EXPECT_NO_THROW(check_trace_is_private(network.at(0)));
  try {
    check_trace_is_private(TwoHosts(2));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("rank 2"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("--insecure-trace"), std::string::npos);
  }
}

TEST(Trace, IsRefusedUnderTheNameOfWhatAskedForIt) {
  try {
    check_trace_is_private(TwoHosts(2), "--wire-log");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("--wire-log writes down")) << error.what();
  }
}

// A medium that does not know says no.
TEST(Trace, UnlessATransportKnowsBetterEveryOtherRankIsElsewhere) {
  EXPECT_THROW(check_trace_is_private(NoTransport()), UsageError);
}

}  // namespace
}  // namespace mixnn
