// That what is wrong with rounds would be seen: an audit that finds nothing says something only if
// it finds what is there. Here a fault is in the features of the observer that it concerns; with
// many runs `mixnn audit` finds it, too (bench/audit_faults.sh).
#include "audit/planted_faults.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "audit/small_runs.hpp"
#include "mixnn/audit/observers.hpp"

namespace mixnn {
namespace {

using testing::Fault;
using testing::kFaults;
using testing::small_run;
using testing::VirtualClock;
using testing::with_fault;

constexpr int kRuns = 12, kFaultyRanks = 8;
constexpr std::size_t kStages = 3, kFaultySteps = 4;

const std::vector<MergedLog>& real_runs() {
  static const std::vector<MergedLog> runs = [] {
    std::vector<MergedLog> made;
    for (int i = 0; i < kRuns; ++i)
      made.push_back(small_run(TrafficKind::kRounds, kStages, kFaultyRanks,
                               static_cast<std::uint64_t>(i) + 1, kFaultySteps));
    return made;
  }();
  return runs;
}

// Jitter as a quiet machine has it.
VirtualClock quiet_clock() {
  VirtualClock clock;
  clock.jitter_ns = {0, 500, 1000, 2000, 4000};
  return clock;
}

using Row = std::vector<double>;

// A candidate's features by stage, in one run after the other.
std::vector<std::vector<Row>> by_stage(Fault fault, const Observer& observer, Evidence evidence) {
  std::vector<std::vector<Row>> rows;
  for (std::size_t run = 0; run < real_runs().size(); ++run) {
    const MergedLog log = with_fault(real_runs()[run], fault, quiet_clock(), run);
    const Sight sight = *observe(log, observer, kFaultySteps, evidence);
    std::vector<Row>& stages = rows.emplace_back();
    for (const std::uint32_t host : log.truth.hosts)
      stages.push_back(sight.observation.single[static_cast<std::size_t>(
          std::ranges::find(sight.candidates, host) - sight.candidates.begin())]);
  }
  return rows;
}

// The largest distance of two stages' features over all runs, in standard errors of the mean of
// that distance; at most 1e6.
double largest_difference(const std::vector<std::vector<Row>>& rows) {
  double largest = 0;
  for (std::size_t f = 0; f < rows[0][0].size(); ++f)
    for (std::size_t a = 0; a < kStages; ++a)
      for (std::size_t b = a + 1; b < kStages; ++b) {
        std::vector<double> distances;
        for (const std::vector<Row>& run : rows) distances.push_back(run[a][f] - run[b][f]);
        const auto n = static_cast<double>(distances.size());
        const double mean = std::accumulate(distances.begin(), distances.end(), 0.0) / n;
        double square = 0;
        for (const double distance : distances) square += (distance - mean) * (distance - mean);
        const double error = std::sqrt(square / (n - 1) / n);
        if (mean != 0) largest = std::max(largest, std::min(1e6, std::abs(mean) / (error + 1e-12)));
      }
  return largest;
}

double all_links_see(Fault fault, Evidence evidence) {
  return largest_difference(by_stage(fault, standard_observers().front(), evidence));
}

TEST(PlantedFaults, ThereAreNoneInARightRun) {
  EXPECT_EQ(all_links_see(Fault::kNone, Evidence::kNoTimes), 0);
  EXPECT_LT(all_links_see(Fault::kNone, Evidence::kTimes), 8);  // of some 60 comparisons
}

TEST(PlantedFaults, ARoundThatWaitsForAProductIsLate) {
  EXPECT_GT(all_links_see(Fault::kWaits, Evidence::kTimes), 10);
  EXPECT_EQ(all_links_see(Fault::kWaits, Evidence::kNoTimes), 0);
}

TEST(PlantedFaults, AReceiverThatOpensNoDummiesIsQuicker) {
  EXPECT_GT(all_links_see(Fault::kNotOpened, Evidence::kTimes), 10);
}

TEST(PlantedFaults, AShorterDummyShowsWhereTheOthersAre) {
  EXPECT_GT(all_links_see(Fault::kShortDummy, Evidence::kNoTimes), 3);
}

TEST(PlantedFaults, AnUnbalancedRouteShowsInCounts) {
  EXPECT_GT(all_links_see(Fault::kUnbalanced, Evidence::kNoTimes), 3);
}

// A host's first forward then comes as many exchanges behind the step's beginning as there are
// stages before it.
TEST(PlantedFaults, WithoutVirtualStagesAHostKnowsItsPosition) {
  const std::vector<std::string> names = single_features(Evidence::kNoTimes);
  const auto f = static_cast<std::size_t>(std::ranges::find(names, "own first forward by order") -
                                          names.begin());
  const auto first_forwards = [&](Fault fault) {
    std::vector<std::vector<double>> by_run;
    for (const MergedLog& real : real_runs()) {
      const MergedLog log = with_fault(real, fault, quiet_clock(), 1);
      by_run.emplace_back();
      for (const std::uint32_t host : log.truth.hosts) {
        const Sight sight = *observe(log, coalition_of({host}), kFaultySteps, Evidence::kNoTimes);
        by_run.back().push_back(sight.observation.single[sight.own.front()][f]);
      }
    }
    return by_run;
  };
  const auto faulty = first_forwards(Fault::kNoVirtual);
  for (const std::vector<double>& run : faulty) {
    EXPECT_EQ(run, faulty[0]);
    EXPECT_LT(run[0], run[1]);
    EXPECT_LT(run[1], run[2]);
  }
  const auto right = first_forwards(Fault::kNone);
  EXPECT_TRUE(std::ranges::any_of(right, [&](const auto& run) { return run != right[0]; }));
}

// Nothing is altered but what the fault is about, and all logs can be written and read.
TEST(PlantedFaults, LeaveTheRestOfARunAsItIs) {
  const MergedLog& real = real_runs()[0];
  for (const auto& [fault, name] : kFaults) {
    const MergedLog log = with_fault(real, fault, quiet_clock(), 3);
    EXPECT_EQ(log.truth.hosts, real.truth.hosts) << name;
    for (std::size_t rank = 0; rank < real.ranks.size(); ++rank) {
      const std::size_t cells = log.ranks[rank].cells.size(),
                        real_cells = real.ranks[rank].cells.size();
      EXPECT_TRUE(cells == real_cells || (fault == Fault::kUnbalanced && cells > real_cells))
          << name;
      EXPECT_EQ(log.ranks[rank].messages.size(), real.ranks[rank].messages.size()) << name;
      std::uint32_t taken = 0;
      for (const LoggedCell& cell : log.ranks[rank].cells) {
        if (cell.sent) continue;
        EXPECT_EQ(cell.taken, ++taken) << name;
      }
    }
  }
}

}  // namespace
}  // namespace mixnn
