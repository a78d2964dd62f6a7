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

}  // namespace
}  // namespace mixnn
