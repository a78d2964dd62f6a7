// Jobs whose ranks share machines: where stages lie, and that it changes no bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "job/loopback_job.hpp"
#include "mixnn/session/automatic.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;

struct PlacedRun {
  SessionFacts facts;
  std::vector<std::uint32_t> hosts;  // by stage
  std::vector<std::vector<float>> parameters;
};

const Shape kInput{1, 4, 5};

TrainingOptions placed_training() {
  TrainingOptions training;
  training.epochs = 1;
  training.batch_size = 12;
  training.micro_batches = 3;
  training.seed = 77;
  return training;
}

PlacedRun run_on(const std::vector<int>& hosts, const std::vector<std::int64_t>& widths,
                 TrafficKind traffic) {
  const ModelSpec model = testing::small_model(kInput, widths);
  const DataPair data = testing::small_pair(24, 12, kInput, 4);
  SessionOptions session;
  session.traffic = traffic;
  session.timeout = std::chrono::seconds(10);
  session.trace_events = 100;
  if (session.in_rounds()) session.in_flight = choose_round_in_flight(3, hosts.size());
  LoopbackJob job(static_cast<int>(hosts.size()));
  job.network.place(hosts);
  Owner owner(job.network.at(0), model, data, placed_training(), session);
  PlacedRun run;
  run.facts = owner.start();
  owner.train_epoch(0);
  run.parameters = owner.parameters();
  run.hosts.resize(widths.size());
  for (const RankTrace& rank : owner.trace())
    if (rank.role == RankUsage::Role::kHost) run.hosts[rank.stage] = rank.rank;
  owner.stop();
  return run;
}

TEST(JobOverMachines, StagesAreSpreadOverThemAndTheBitsAreTheReferences) {
  const std::vector<std::int64_t> widths{16, 12, 4};
  TrainingOptions training = placed_training();
  const auto reference = testing::train_reference(testing::small_model(kInput, widths),
                                                  testing::small_pair(24, 12, kInput, 4), training)
                             .parameters;
  const std::vector<int> placements[] = {
      {0, 0, 0, 0, 0, 0, 0, 0},  // one machine
      {0, 1, 1, 2, 2, 3, 3, 3},  // the owner alone
      {5, 1, 1, 1, 1, 5, 2, 3},  // not in order, and one rank beside the owner
      {0, 1, 2, 3, 4, 5, 6, 7},
  };
  for (const std::vector<int>& hosts : placements)
    for (const TrafficKind traffic : {TrafficKind::kOnion, TrafficKind::kRounds})
      for (int job = 0; job < 3; ++job) {
        const PlacedRun run = run_on(hosts, widths, traffic);
        EXPECT_EQ(run.parameters, reference);
        std::map<int, int> stages;
        for (const std::uint32_t rank : run.hosts)
          if (hosts[rank] != hosts[0]) {
            EXPECT_EQ(++stages[hosts[rank]], 1);
          }
        EXPECT_EQ(run.facts.machines.count(), std::set<int>(hosts.begin(), hosts.end()).size());
        EXPECT_EQ(run.facts.spread, (StageSpread{1, true}));
      }
}

TEST(JobOverMachines, OfTooFewNoNeighboursShareOne) {
  const std::vector<int> hosts{0, 1, 2, 1, 2, 1, 2, 1};
  for (int job = 0; job < 4; ++job) {
    const PlacedRun run = run_on(hosts, {16, 12, 8, 4}, TrafficKind::kOnion);
    EXPECT_EQ(run.facts.spread, (StageSpread{2, true}));
    for (std::size_t stage = 1; stage < 4; ++stage)
      EXPECT_NE(hosts[run.hosts[stage - 1]], hosts[run.hosts[stage]]);
  }
}

}  // namespace
}  // namespace mixnn
