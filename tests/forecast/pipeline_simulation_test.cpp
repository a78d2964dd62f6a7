#include "mixnn/forecast/pipeline_simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "forecast/mlp_costs.hpp"

namespace mixnn {
namespace {

struct SimulatedCase {
  ModelSpec model = testing::mlp();
  CostModel costs = testing::mlp_costs();
  RunSetting setting{model, {}, {}, 8, {.hosts = 1, .cores = 2}};
};

TEST(PipelineSimulation, RunsAllStepsInOrder) {
  SimulatedCase c;
  PipelineSimulation simulation(c.setting, c.costs, 11);
  simulation.run();
  ASSERT_EQ(simulation.ended().size(), 11u);
  EXPECT_TRUE(std::ranges::is_sorted(simulation.ended()));
  EXPECT_GT(simulation.ended().front(), 0);
}

// In every step each micro-batch goes over all 1 + 3 links between owner and hosts and over as many
// back, each of them 3 hops long; a book of tickets is a message more.
TEST(PipelineSimulation, SendsEveryMicroBatchThereAndBack) {
  SimulatedCase c;
  PipelineSimulation simulation(c.setting, c.costs, 10);
  simulation.run();
  const double links = 4 * static_cast<double>(simulation.sizes().cells);
  const double without_books = 10 * static_cast<double>(simulation.micro_batches()) * 2 * 4 * links;
  EXPECT_GE(simulation.cells(), without_books);
  EXPECT_LT(simulation.cells(), 1.5 * without_books);
}

TEST(PipelineSimulation, EveryRankHasWorkAndTheyMakeUpTheWhole) {
  SimulatedCase c;
  c.setting.machines.helpers = 0;
  PipelineSimulation simulation(c.setting, c.costs, 10);
  simulation.run();
  double busy = 0;
  for (std::size_t rank = 0; rank < c.setting.ranks; ++rank) busy += simulation.busy(rank);
  EXPECT_NEAR(busy, sum(simulation.work()), 1e-9);
  for (std::size_t rank = 0; rank < c.setting.ranks; ++rank)
    EXPECT_GT(simulation.busy(rank), 0) << rank;
}

// Then one of three stages is hosted: two links there, two back. What the owner computes more is
// the work of its stages.
TEST(PipelineSimulation, TheOwnersOwnStagesAreItsWork) {
  SimulatedCase of_hosts, kept;
  kept.model.own = {1, 1};
  PipelineSimulation without(of_hosts.setting, of_hosts.costs, 10),
      with(kept.setting, kept.costs, 10);
  without.run();
  with.run();
  ASSERT_EQ(with.ended().size(), 10u);
  EXPECT_LT(with.sizes().capacity(), without.sizes().capacity());
  EXPECT_GE(with.cells(), 10.0 * static_cast<double>(with.micro_batches()) * 2 * 2 * 4 *
                              static_cast<double>(with.sizes().cells));
  const auto compute = static_cast<std::size_t>(WorkKind::kCompute);
  EXPECT_NEAR(with.work()[compute], without.work()[compute], 1e-9);
  EXPECT_GT(with.busy(0), without.busy(0));
}

}  // namespace
}  // namespace mixnn
