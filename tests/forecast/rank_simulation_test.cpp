#include "mixnn/forecast/rank_simulation.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

WorkSeconds compute(double seconds) { return {seconds, 0, 0, 0, 0}; }

TEST(RankSimulation, OneRankDoesOneTaskAtATimeByPriority) {
  RankSimulation simulation(1, {.hosts = 1, .cores = 4});
  std::vector<int> order;
  simulation.add(0, 5, compute(1), [&] { order.push_back(5); });
  simulation.add(0, 1, compute(2), [&] { order.push_back(1); });
  simulation.add(0, 1, compute(3), [&] { order.push_back(2); });
  simulation.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 5}));
  EXPECT_DOUBLE_EQ(simulation.now(), 6);
}

TEST(RankSimulation, CoresAreSharedByTheRanksOfTheirHostAlone) {
  const auto wall = [](std::size_t hosts, std::size_t cores) {
    RankSimulation simulation(4, {.hosts = hosts, .cores = cores});
    for (std::size_t rank = 0; rank < 4; ++rank) simulation.add(rank, 0, compute(1), [] {});
    simulation.run();
    return simulation.now();
  };
  EXPECT_DOUBLE_EQ(wall(1, 1), 4);
  EXPECT_DOUBLE_EQ(wall(1, 2), 2);
  EXPECT_DOUBLE_EQ(wall(1, 3), 2);
  EXPECT_DOUBLE_EQ(wall(1, 9), 1);
  EXPECT_DOUBLE_EQ(wall(2, 1), 2);
}

TEST(RankSimulation, IdleCoresTakePartsOfATask) {
  const auto wall = [](std::size_t cores, std::size_t parts) {
    RankSimulation simulation(1, {.hosts = 1, .cores = cores});
    double ended = 0;
    simulation.add(
        0, 0, compute(8), [&] { ended = simulation.now(); }, parts);
    simulation.run();
    return ended;
  };
  EXPECT_DOUBLE_EQ(wall(1, 8), 8);
  EXPECT_DOUBLE_EQ(wall(2, 1), 8) << "one part cannot be shared";
  EXPECT_NEAR(wall(2, 8), 4.8, 1e-3) << "a helper takes 1.2 of the time";
  EXPECT_NEAR(wall(2, 3), 16.0 / 3, 1e-3) << "the last part is alone";
  EXPECT_NEAR(wall(4, 8), 2.4, 1e-3);
  EXPECT_NEAR(wall(9, 8), 2.4, 1e-3) << "a rank has three helpers";
}

TEST(RankSimulation, RanksGoBeforeHelpersBetweenTwoParts) {
  RankSimulation simulation(2, {.hosts = 1, .cores = 2});
  double first = 0, second = 0;
  simulation.add(
      0, 0, compute(10), [&] { first = simulation.now(); }, 10);
  simulation.transfer(0, 1, 0, [] {});
  simulation.add(1, 0, compute(1),
                 [&] { simulation.add(1, 0, compute(2), [&] { second = simulation.now(); }); });
  simulation.run();
  EXPECT_DOUBLE_EQ(second, 3) << "no helper was in its way";
  EXPECT_NEAR(first, 7, 1e-3) << "alone for three, then two cores for seven";
}

TEST(RankSimulation, RanksOfAFullHostAmongOthersHaveNoHelpers) {
  RankSimulation simulation(4, {.hosts = 2, .cores = 2});
  simulation.add(
      0, 0, compute(8), [] {}, 8);
  simulation.run();
  EXPECT_DOUBLE_EQ(simulation.now(), 8);
}

TEST(RankSimulation, LinksTakeLatencyAndOneMessageAtATime) {
  RankSimulation simulation(3, {.hosts = 3, .cores = 1, .bytes_per_second = 10, .latency = 2});
  std::vector<double> arrivals;
  const auto arrived = [&] { arrivals.push_back(simulation.now()); };
  simulation.transfer(0, 1, 30, arrived);  // 3 s, then 2 s
  simulation.transfer(0, 2, 10, arrived);  // behind it: 3 s + 1 s, then 2 s
  simulation.transfer(1, 2, 10, arrived);  // another host's link
  simulation.run();
  EXPECT_EQ(arrivals, (std::vector<double>{3, 5, 6}));
}

TEST(RankSimulation, AMessageAloneMayTakeLongerThanTheLinksRateSays) {
  RankSimulation simulation(
      3, {.hosts = 3, .cores = 1, .bytes_per_second = 10, .latency = 2, .lone_byte = 0.5});
  std::vector<double> arrivals;
  const auto arrived = [&] { arrivals.push_back(simulation.now()); };
  simulation.transfer(0, 1, 10, arrived);  // 2 s, and 5 s for its bytes
  simulation.transfer(0, 2, 10, arrived);  // behind it, as the link is free after one
  simulation.run();
  EXPECT_EQ(arrivals, (std::vector<double>{7, 8}));
}

TEST(RankSimulation, ALinkWithinAHostIsNone) {
  RankSimulation simulation(2, {.hosts = 1, .cores = 1, .bytes_per_second = 1, .latency = 9});
  bool there = false;
  simulation.transfer(0, 1, 100, [&] { there = true; });
  EXPECT_TRUE(there);
}

TEST(RankSimulation, BusyTimeIsTheSumOfTheTasks) {
  RankSimulation simulation(5, {.hosts = 2, .cores = 2});
  double given = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    const WorkSeconds work{0.1 * static_cast<double>(i % 7), 0.5, 0, 0.25, 1};
    given += sum(work);
    simulation.add(i % 5, static_cast<int>(i % 3), work, [] {});
  }
  simulation.run();
  double busy = 0;
  for (std::size_t rank = 0; rank < 5; ++rank) busy += simulation.busy(rank);
  EXPECT_NEAR(busy, given, 1e-9);
  EXPECT_NEAR(sum(simulation.work()), given, 1e-9);
  EXPECT_GE(simulation.now(), given / 4);
}

}  // namespace
}  // namespace mixnn
