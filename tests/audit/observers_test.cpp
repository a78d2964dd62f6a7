#include "mixnn/audit/observers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "audit/log_files.hpp"
#include "audit/small_runs.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using testing::expect_refused;
using testing::small_run;

constexpr int kSeenRanks = 8;
const std::vector<int> kPairs{0, 1, 1, 2, 2, 3, 3, 4};  // of ranks, on a host each
constexpr Evidence kAllKinds[] = {Evidence::kNoTimes, Evidence::kTimes, Evidence::kAll};

const MergedLog& onion_log() {
  static const MergedLog log = small_run(TrafficKind::kOnion, 3, kSeenRanks, 3, 4, kPairs);
  return log;
}
const MergedLog& rounds_log() {
  static const MergedLog log = small_run(TrafficKind::kRounds, 3, kSeenRanks, 4, 4, kPairs);
  return log;
}

std::size_t feature(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  EXPECT_NE(found, names.end()) << name;
  return static_cast<std::size_t>(found - names.begin());
}

void expect_same(const Sight& a, const Sight& b, const std::string& who) {
  EXPECT_EQ(a.candidates, b.candidates) << who;
  EXPECT_EQ(a.own, b.own) << who;
  EXPECT_EQ(a.observation.single, b.observation.single) << who;
  EXPECT_EQ(a.observation.pair, b.observation.pair) << who;
}

TEST(Observers, SeeAsManyFeaturesWhateverTheyLookAt) {
  for (const MergedLog* log : {&onion_log(), &rounds_log()})
    for (const Observer& observer : standard_observers())
      for (const Evidence evidence : kAllKinds)
        for (const std::uint64_t steps : {0, 1, 3, 100}) {
          const std::optional<Sight> sight = observe(*log, observer, steps, evidence);
          ASSERT_TRUE(sight) << observer.name;
          EXPECT_EQ(sight->candidates.size(), 3u);
          EXPECT_EQ(sight->own.size(), observer.hosts + (observer.machine ? 1 : 0));
          ASSERT_EQ(sight->observation.pair.size(), 3u);
          for (std::size_t from = 0; from < 3; ++from) {
            const std::vector<double>& single = sight->observation.single.at(from);
            EXPECT_EQ(single.size(), single_features(evidence).size());
            EXPECT_TRUE(std::ranges::all_of(single, [](double x) { return std::isfinite(x); }));
            for (std::size_t to = 0; to < 3; ++to) {
              const std::vector<double>& pair = sight->observation.pair[from].at(to);
              EXPECT_EQ(pair.size(), pair_features(evidence).size());
              EXPECT_TRUE(std::ranges::all_of(pair, [](double x) { return std::isfinite(x); }));
            }
          }
        }
}

TEST(Observers, OfAllKnowBothKindsOfEvidence) {
  for (const auto names : {single_features, pair_features}) {
    const std::size_t all = names(Evidence::kAll).size();
    EXPECT_EQ(names(Evidence::kNoTimes).size() + names(Evidence::kTimes).size(), all);
    EXPECT_GT(names(Evidence::kTimes).size(), 0u);
  }
}

// Whoever hosts what is written down beside the traffic, and no feature may be made of it.
TEST(Observers, DoNotLookAtTheTruth) {
  for (const MergedLog* log : {&onion_log(), &rounds_log()}) {
    MergedLog other = *log;
    std::ranges::rotate(other.truth.hosts, other.truth.hosts.begin() + 1);
    for (const Observer& observer : standard_observers())
      for (const Evidence evidence : kAllKinds)
        expect_same(*observe(*log, observer, 3, evidence), *observe(other, observer, 3, evidence),
                    observer.name);
  }
}

// `at` gives the new time of each thing that was written down.
void change_times(MergedLog& log, const std::function<std::uint64_t(std::uint64_t)>& at) {
  for (WireLog& rank : log.ranks) {
    for (LoggedCell& cell : rank.cells) cell.time_ns = at(cell.time_ns);
    for (LoggedMessage& message : rank.messages) message.time_ns = at(message.time_ns);
    for (LoggedStep& step : rank.steps) step.time_ns = at(step.time_ns);
  }
}

TEST(WithoutTimes, TheOrderAloneCounts) {
  MergedLog other = onion_log();
  change_times(other, [](std::uint64_t time) { return time * time / 1000; });
  bool times_count = false;
  for (const Observer& observer : standard_observers()) {
    expect_same(*observe(onion_log(), observer, 3, Evidence::kNoTimes),
                *observe(other, observer, 3, Evidence::kNoTimes), observer.name);
    times_count =
        times_count || observe(onion_log(), observer, 3, Evidence::kTimes)->observation.single !=
                           observe(other, observer, 3, Evidence::kTimes)->observation.single;
  }
  EXPECT_TRUE(times_count);
}

// In rounds not even the order among ranks counts: each clock runs as it likes.
TEST(WithoutTimes, RoundsAreTheSameHoweverRanksRaceEachOther) {
  MergedLog other = rounds_log();
  CounterRng rng(9, RandomPurpose::kTest, 2);
  for (WireLog& rank : other.ranks) {
    if (rank.rank == 0) continue;
    const std::uint64_t by = rng.below(300'000);
    for (LoggedCell& cell : rank.cells) cell.time_ns += by;
    for (LoggedMessage& message : rank.messages) message.time_ns += by;
  }
  bool times_count = false;
  for (const Observer& observer : standard_observers()) {
    expect_same(*observe(rounds_log(), observer, 3, Evidence::kNoTimes),
                *observe(other, observer, 3, Evidence::kNoTimes), observer.name);
    times_count =
        times_count || observe(rounds_log(), observer, 3, Evidence::kTimes)->observation.single !=
                           observe(other, observer, 3, Evidence::kTimes)->observation.single;
  }
  EXPECT_TRUE(times_count);
}

// What is passed on follows from routes, which are drawn without a look at the plan.
TEST(WithoutTimes, AllCandidatesLookAlikeInRoundsToWhoeverHostsNothing) {
  const std::vector<std::string> single = single_features(Evidence::kNoTimes),
                                 pair = pair_features(Evidence::kNoTimes);
  for (const Observer& observer : standard_observers()) {
    if (observer.hosts > 0 || observer.machine) continue;
    const Sight sight = *observe(rounds_log(), observer, 4, Evidence::kNoTimes);
    for (std::size_t f = 0; f < single.size(); ++f) {
      if (single[f].starts_with("passed on")) continue;
      for (std::size_t i = 1; i < 3; ++i)
        EXPECT_EQ(sight.observation.single[i][f], sight.observation.single[0][f]) << single[f];
    }
    for (std::size_t f = 0; f < pair.size(); ++f) {
      if (pair[f].starts_with("passed on")) continue;
      for (const auto& [from, to] : {std::pair{0, 2}, {1, 0}, {1, 2}, {2, 0}, {2, 1}})
        EXPECT_EQ(sight.observation.pair[from][to][f], sight.observation.pair[0][1][f]) << pair[f];
    }
  }
}

// A log of onion traffic in which every host takes a cell in each microsecond, and computes for
// one. A micro-batch comes from stage to stage in ten of them, and its gradient so back.
constexpr std::uint64_t kTick = 1000, kStepTicks = 100, kStageTicks = 10;

MergedLog even_log(std::uint32_t hosts, std::uint32_t steps) {
  MergedLog log;
  log.truth.traffic = "onion";
  log.truth.ranks = hosts + 1;
  log.truth.hops = 2;
  log.truth.batch = log.truth.micro_batches = 1;
  log.ranks.resize(log.truth.ranks);
  for (std::uint32_t rank = 0; rank <= hosts; ++rank) {
    log.ranks[rank].rank = rank;
    log.ranks[rank].ranks = log.truth.ranks;
    if (rank > 0) log.truth.hosts.push_back(rank);
  }
  for (std::uint32_t step = 0; step <= steps; ++step)
    log.ranks[0].steps.push_back({step * kStepTicks * kTick, step});
  for (std::uint32_t stage = 0; stage < hosts; ++stage) {
    WireLog& host = log.ranks[log.truth.hosts[stage]];
    for (std::uint32_t tick = 0; tick < steps * kStepTicks; ++tick)
      host.cells.push_back({.time_ns = tick * kTick, .bytes = 4096, .taken = tick + 1});
    const std::uint64_t forward = kStageTicks * (stage + 1);
    const std::uint64_t backward = kStageTicks * (2 * hosts - stage);
    using Way = LoggedMessage::Way;
    for (std::uint32_t step = 0; step < steps; ++step)
      for (const auto& [kind, at] : {std::pair{MessageKind::kForward, forward},
                                     std::pair{MessageKind::kBackward, backward}}) {
        const std::uint64_t time = (step * kStepTicks + at) * kTick;
        host.messages.push_back({time, Way::kHandedOut, {.kind = kind, .step = step}});
        host.messages.push_back({time + kTick, Way::kAnswered, {.kind = kind, .step = step}});
      }
  }
  return log;
}

// The farther from the end, the longer until a gradient comes back.
TEST(AHost, SeesInOnionTrafficHowFarItIsFromTheEnd) {
  constexpr std::uint32_t kHosts = 3;
  const MergedLog log = even_log(kHosts, 2);
  for (const std::string how : {" by order", " by time"}) {
    const std::size_t f = feature(single_features(Evidence::kAll), "own forward to backward" + how);
    for (std::uint32_t stage = 0; stage < kHosts; ++stage) {
      const std::uint32_t rank = log.truth.hosts[stage];
      const Sight sight = *observe(log, coalition_of({rank}), 2, Evidence::kAll);
      ASSERT_EQ(sight.own.size(), 1u);
      EXPECT_EQ(sight.candidates[sight.own[0]], rank);
      const double ticks = kStageTicks * (2.0 * kHosts - 2 * stage - 1) - 1;
      EXPECT_NEAR(sight.observation.single[sight.own[0]][f], ticks / kStepTicks, 1e-9) << how;
      for (std::size_t other = 0; other < kHosts; ++other) {
        if (other == sight.own[0]) continue;
        EXPECT_EQ(sight.observation.single[other][f], 0);
      }
    }
  }
}

// In a real run of so few steps ranks race each other: no more than that it is seen.
TEST(AHost, SeesOfItsOwnMessagesInRealOnionTraffic) {
  const std::size_t f =
      feature(single_features(Evidence::kAll), "own forward to backward by order");
  for (const std::uint32_t rank : onion_log().truth.hosts) {
    const Sight sight = *observe(onion_log(), coalition_of({rank}), 4, Evidence::kAll);
    ASSERT_EQ(sight.own.size(), 1u);
    EXPECT_GT(sight.observation.single[sight.own[0]][f], 0);
  }
}

// Each message passes over hops + 1 links, and a relay knows of some which links.
TEST(ARelay, SeesFromWhomToWhomItPassesOn) {
  const std::size_t f =
      feature(pair_features(Evidence::kNoTimes), "passed on from the first to the second");
  for (const MergedLog* log : {&onion_log(), &rounds_log()}) {
    double all = 0;
    for (std::uint32_t rank = 1; rank < kSeenRanks; ++rank) {
      const Sight sight = *observe(*log, coalition_of({rank}), 4, Evidence::kNoTimes);
      for (std::size_t from = 0; from < 3; ++from)
        for (std::size_t to = 0; to < 3; ++to) all += sight.observation.pair[from][to][f];
    }
    EXPECT_GT(all, 0);
    const Sight links = *observe(*log, standard_observers().front(), 4, Evidence::kNoTimes);
    EXPECT_EQ(links.observation.pair[0][1][f], 0);
  }
}

TEST(Observers, AreTheLowestRanksOfTheirKind) {
  const std::vector<std::uint32_t>& hosts = onion_log().truth.hosts;
  std::uint32_t relay = 1;
  while (std::ranges::find(hosts, relay) != hosts.end()) ++relay;
  Observer one_relay;
  one_relay.relays = 1;
  Observer one_host;
  one_host.hosts = 1;
  expect_same(*observe(onion_log(), one_relay, 2, Evidence::kAll),
              *observe(onion_log(), coalition_of({relay}), 2, Evidence::kAll), "a relay");
  expect_same(*observe(onion_log(), one_host, 2, Evidence::kAll),
              *observe(onion_log(), coalition_of({std::ranges::min(hosts)}), 2, Evidence::kAll),
              "a host");
}

TEST(Observers, AMachineIsAllRanksOfTheLargestWithAStage) {
  Observer machine;
  machine.machine = true;
  MergedLog log = onion_log();
  log.truth.hosts = {3, 7, 5};
  log.truth.machines = {0, 1, 1, 2, 2, 3, 3, 4};
  const auto expect_ranks = [&](const std::vector<std::uint32_t>& ranks) {
    expect_same(*observe(log, machine, 2, Evidence::kAll),
                *observe(log, coalition_of(ranks), 2, Evidence::kAll), "a machine");
  };
  expect_ranks({3, 4});
  log.truth.machines = {0, 1, 1, 1, 2, 3, 3, 3};
  expect_ranks({1, 2, 3});
  log.truth.machines = {0, 1, 1, 2, 1, 0, 0, 3};
  EXPECT_FALSE(observe(log, machine, 2, Evidence::kAll)) << "the owner's is no observer";
  log.truth.machines.assign(8, 0);
  EXPECT_FALSE(observe(log, machine, 2, Evidence::kAll)) << "there is only the owner's";
}

TEST(Observers, KnowWhichStagesAreNoNeighbours) {
  MergedLog log = onion_log();
  log.truth.hosts = {3, 7, 4};
  Observer links;
  links.all_links = true;
  EXPECT_EQ(observe(log, links, 2, Evidence::kAll)->machines,
            (std::vector<std::uint32_t>{2, 2, 4}));
  log.truth.apart = false;
  EXPECT_TRUE(observe(log, links, 2, Evidence::kAll)->machines.empty());
}

TEST(Observers, AreNobodyWhereThereAreNotEnough) {
  Observer relays;
  relays.relays = 5;  // there are four
  EXPECT_FALSE(observe(onion_log(), relays, 2, Evidence::kAll));
  EXPECT_FALSE(observe(onion_log(), coalition_of({8}), 2, Evidence::kAll));
  EXPECT_TRUE(observe(onion_log(), coalition_of({7, 1}), 2, Evidence::kAll));
}

TEST(Coalition, IsOfDistinctRanksWithoutTheOwner) {
  EXPECT_EQ(coalition_of({5, 3}).name, "ranks 3, 5");
  EXPECT_EQ(coalition_of({5}).name, "rank 5");
  expect_refused<UsageError>("the owner", [] { coalition_of({2, 0}); });
  expect_refused<UsageError>("once", [] { coalition_of({2, 3, 2}); });
  expect_refused<UsageError>("needs a rank", [] { coalition_of({}); });
}

}  // namespace
}  // namespace mixnn
