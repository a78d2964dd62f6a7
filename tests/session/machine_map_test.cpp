#include "mixnn/session/machine_map.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "crypto/crypto_testing.hpp"
#include "mixnn/session/plan.hpp"

namespace mixnn {
namespace {

using testing::seeded;
using Hosts = std::vector<std::uint32_t>;

MachineMap on(std::vector<std::uint32_t> machines) {
  return {.of = std::move(machines), .by = MachineMap::By::kWord};
}

std::size_t most_on_a_machine(const MachineMap& machines, std::span<const std::uint32_t> hosts) {
  std::map<std::uint32_t, std::size_t> stages;
  std::size_t most = 1;
  for (const std::uint32_t rank : hosts)
    if (machines.of[rank] != 0) most = std::max(most, ++stages[machines.of[rank]]);
  return most;
}

// All ways to choose hosts, one after the other, that keep to the rules; by trying all.
std::set<Hosts> allowed(const MachineMap& machines, std::size_t stages) {
  const StageSpread spread = spread_of(machines, stages);
  std::set<Hosts> found;
  Hosts hosts;
  const auto add = [&](auto&& next) -> void {
    if (hosts.size() == stages) {
      if (most_on_a_machine(machines, hosts) <= spread.most &&
          !(spread.apart && neighbours_share(machines, hosts)))
        found.insert(hosts);
      return;
    }
    for (std::uint32_t rank = 1; rank < machines.of.size(); ++rank) {
      if (std::ranges::find(hosts, rank) != hosts.end()) continue;
      hosts.push_back(rank);
      next(next);
      hosts.pop_back();
    }
  };
  add(add);
  return found;
}

TEST(MachineMap, AreNumberedFromTheOwnersOn) {
  const MachineMap machines =
      group_by_machine({"here", "b", "a", "here", "b", "c"}, MachineMap::By::kKeys);
  EXPECT_EQ(machines.of, (Hosts{0, 1, 2, 0, 1, 3}));
  EXPECT_EQ(machines.count(), 4u);
  EXPECT_EQ(machines.sizes(), (Hosts{2, 2, 1, 1}));
  EXPECT_EQ(machines.groups(), (std::vector<Hosts>{{1, 4}, {2}, {5}, {3}}))
      << "a rank of the owner's machine pools nothing that is to be hidden";
  EXPECT_EQ(one_machine(4).groups(), (std::vector<Hosts>{{1}, {2}, {3}}));
}

TEST(StageSpread, IsOneStageAMachineIfThereAreMachinesEnough) {
  const MachineMap machines = on({0, 1, 1, 2, 2, 3, 3});
  for (std::size_t stages = 1; stages <= 3; ++stages)
    EXPECT_EQ(spread_of(machines, stages), (StageSpread{1, true})) << stages;
  EXPECT_EQ(spread_of(machines, 4), (StageSpread{2, true})) << "no neighbours";
  EXPECT_EQ(spread_of(machines, 6), (StageSpread{2, true}));
  EXPECT_EQ(spread_of(on({0, 1, 1, 1}), 2), (StageSpread{2, false})) << "there is one machine";
  EXPECT_EQ(spread_of(on({0, 1, 1, 1, 2}), 4), (StageSpread{3, false}));
  EXPECT_EQ(spread_of(one_machine(5), 4), (StageSpread{1, true})) << "the owner's own is trusted";
}

// Fixed seeds; limits at p = 0.001 by the normal distribution that chi-square is close to.
TEST(PlanOverMachines, IsUniformOverAllThatKeepToTheRules) {
  struct Case {
    MachineMap machines;
    std::size_t stages;
  };
  const Case cases[] = {
      {on({0, 1, 1, 2, 2, 3}), 2},     // machines to spare
      {on({0, 1, 1, 1, 2, 2, 3}), 3},  // a stage on each: the lone rank hosts for certain
      {on({0, 0, 1, 1, 2}), 3},        // one rank beside the owner
      {on({0, 1, 1, 2, 2}), 3},        // two on a machine, no neighbours
      {on({0, 1, 1, 1, 2, 2, 0}), 4},  // the same, with one beside the owner
      {on({0, 1, 1, 1}), 2},           // one machine: no rule holds
      {one_machine(6), 2},
  };
  Csprng rng = seeded(5);
  for (const auto& [machines, stages] : cases) {
    const std::set<Hosts> all = allowed(machines, stages);
    constexpr double kEach = 400;
    std::map<Hosts, double> counts;
    for (std::size_t i = 0; i < all.size() * static_cast<std::size_t>(kEach); ++i) {
      const Plan plan = draw_plan(machines, stages, rng);
      ASSERT_EQ(std::set<std::uint32_t>(plan.places.begin(), plan.places.end()).size(),
                machines.of.size() - 1);
      const Hosts hosts(plan.places.begin(),
                        plan.places.begin() + static_cast<std::ptrdiff_t>(stages));
      ASSERT_TRUE(all.contains(hosts));
      ++counts[hosts];
    }
    EXPECT_EQ(counts.size(), all.size());
    double chi2 = 0;
    for (const auto& [hosts, n] : counts) chi2 += (n - kEach) * (n - kEach) / kEach;
    const double freedom = static_cast<double>(all.size() - 1);
    EXPECT_LT(chi2, freedom + 3.09 * std::sqrt(2 * freedom) + 10) << stages << " stages";
  }
}

// Decoys are dealt out at random, too: the order in which they are sent things tells nothing.
TEST(PlanOverMachines, DecoysAreInRandomOrder) {
  Csprng rng = seeded(6);
  const MachineMap machines = on({0, 1, 2, 2, 2});
  std::map<Hosts, double> counts;
  for (int i = 0; i < 6000; ++i) {
    const Plan plan = draw_plan(machines, 1, rng);
    if (plan.places[0] == 1) ++counts[{plan.places.begin() + 1, plan.places.end()}];
  }
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [decoys, n] : counts) EXPECT_NEAR(n, 250, 65);
}

TEST(PlanOverMachines, IsDrawnOfManyRanksInTime) {
  Csprng rng = seeded(7);
  Hosts wide{0}, narrow{0};
  for (std::uint32_t rank = 0; rank < 400; ++rank) wide.push_back(1 + rank % 64);
  for (std::uint32_t rank = 0; rank < 40; ++rank) narrow.push_back(1 + rank % 2);
  for (int i = 0; i < 20; ++i) {
    const Plan plan = draw_plan(on(wide), 64, rng);
    EXPECT_EQ(most_on_a_machine(on(wide), std::span(plan.places).first(64)), 1u);
  }
  for (const std::size_t stages : {12u, 20u, 40u}) {
    const Plan plan = draw_plan(on(narrow), stages, rng);
    const auto hosts = std::span<const std::uint32_t>(plan.places).first(stages);
    EXPECT_EQ(most_on_a_machine(on(narrow), hosts), stages / 2);
    EXPECT_EQ(!neighbours_share(on(narrow), hosts), spread_of(on(narrow), stages).apart);
  }
}

TEST(BitsOfMachines, AreThoseOfThePlansThatAreLeft) {
  const MachineMap machines = on({0, 1, 1, 2, 2, 3});
  for (const std::size_t stages : {1u, 2u, 3u})
    EXPECT_NEAR(bits_of_machines(machines, stages),
                std::log2(static_cast<double>(allowed(one_machine(6), stages).size()) /
                          static_cast<double>(allowed(machines, stages).size())),
                1e-9)
        << stages;
  EXPECT_NEAR(bits_of_machines(one_machine(9), 4), 0, 1e-9);
}

// Of all allowed plans: who is next, for a host whose rank and machine are known.
TEST(BitsOfMachines, OfTheNextHostAreWhatCountingGives) {
  for (const MachineMap& machines :
       {on({0, 1, 1, 2, 2, 3}), on({0, 1, 1, 1, 2, 3, 3, 4}), on({0, 0, 1, 1, 2}), one_machine(6)})
    for (const std::size_t stages : {2u, 3u}) {
      std::map<std::uint32_t, std::map<std::uint32_t, double>> next;
      double plans = 0, entropy = 0;
      for (const Hosts& hosts : allowed(machines, stages))
        for (std::size_t i = 0; i + 1 < stages; ++i, ++plans) ++next[hosts[i]][hosts[i + 1]];
      for (const auto& [host, counts] : next) {
        double all = 0;
        for (const auto& [rank, n] : counts) all += n;
        for (const auto& [rank, n] : counts) entropy -= n / plans * std::log2(n / all);
      }
      EXPECT_NEAR(next_host_bits(machines, stages),
                  std::log2(static_cast<double>(machines.of.size()) - 2) - entropy, 1e-9);
    }
}

TEST(SpreadEvenly, LeavesTheOwnerAlone) {
  EXPECT_EQ(spread_evenly(8, 4).sizes(), (Hosts{1, 3, 2, 2}));
  EXPECT_EQ(spread_evenly(8, 1).sizes(), (Hosts{8}));
}

}  // namespace
}  // namespace mixnn
