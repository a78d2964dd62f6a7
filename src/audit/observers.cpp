#include "mixnn/audit/observers.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "features.hpp"
#include "mixnn/audit/seen_traffic.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

// The lowest ranks, but the owner's, that host something or do not; fewer if there are not so many.
std::vector<std::uint32_t> lowest(const WireTruth& truth, bool hosts, std::size_t count) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t rank = 1; rank < truth.ranks && found.size() < count; ++rank)
    if ((std::ranges::find(truth.hosts, rank) != truth.hosts.end()) == hosts) found.push_back(rank);
  return found;
}

// With a stage, of several the first; but for the owner's. Nobody, if there is none.
std::vector<std::uint32_t> largest_machine(const WireTruth& truth) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> machines;
  for (std::uint32_t rank = 0; rank < truth.machines.size(); ++rank)
    machines[truth.machines[rank]].push_back(rank);
  std::vector<std::uint32_t> largest;
  for (const auto& [machine, ranks] : machines)
    if (machine != 0 && ranks.size() > largest.size() &&
        std::ranges::find_first_of(ranks, truth.hosts) != ranks.end())
      largest = ranks;
  return largest;
}

// The machines of candidates, if some share one but the owner's: else they exclude no order.
std::vector<std::uint32_t> shared_by(const std::vector<std::uint32_t>& candidates,
                                     const WireTruth& truth) {
  std::vector<std::uint32_t> machines;
  std::set<std::uint32_t> others;
  bool shared = false;
  for (const std::uint32_t rank : candidates) {
    machines.push_back(truth.machines[rank]);
    shared = shared || (machines.back() != 0 && !others.insert(machines.back()).second);
  }
  return shared ? machines : std::vector<std::uint32_t>();
}

std::optional<Watchers> watchers_of(const Observer& observer, const WireTruth& truth) {
  Watchers watchers{observer.all_links, observer.ranks};
  for (const auto& [hosts, count] : {std::pair(false, observer.relays), {true, observer.hosts}}) {
    const std::vector<std::uint32_t> seats = lowest(truth, hosts, count);
    if (seats.size() < count) return std::nullopt;
    watchers.members.insert(watchers.members.end(), seats.begin(), seats.end());
  }
  if (observer.machine) {
    watchers.members = largest_machine(truth);
    if (watchers.members.size() < 2) return std::nullopt;
  }
  std::ranges::sort(watchers.members);
  if (!watchers.members.empty() && watchers.members.back() >= truth.ranks) return std::nullopt;
  return watchers;
}

FeatureSheet sheet_of(const SeenTraffic& seen, const std::vector<std::uint32_t>& candidates,
                      Evidence evidence) {
  FeatureSheet sheet(candidates.size());
  if (evidence != Evidence::kTimes) {
    add_counts(seen, candidates, sheet);
    add_moments(seen, candidates, Axis::kPlace, sheet);
    add_own_messages(seen, candidates, Axis::kPlace, sheet);
  }
  if (evidence != Evidence::kNoTimes) {
    add_moments(seen, candidates, Axis::kSeconds, sheet);
    add_own_messages(seen, candidates, Axis::kSeconds, sheet);
  }
  return sheet;
}

// Of nothing, which has the same names.
FeatureSheet empty_sheet(Evidence evidence) {
  SeenTraffic nothing;
  nothing.ranks = 3;
  nothing.passed_on = RankMatrix(3);
  return sheet_of(nothing, {1, 2}, evidence);
}

}  // namespace

std::vector<Observer> standard_observers() {
  using S = PlanSecret;
  return {{.name = "all links", .all_links = true},
          {.name = "one relay", .relays = 1},
          {.name = "two relays", .relays = 2},
          {.name = "a host: its position", .secret = S::kPosition, .hosts = 1},
          {.name = "a host: its neighbour", .secret = S::kNext, .hosts = 1},
          {.name = "a host and a relay", .relays = 1, .hosts = 1},
          {.name = "a host and two relays", .relays = 2, .hosts = 1},
          {.name = "two hosts", .hosts = 2},
          {.name = "a machine", .machine = true}};
}

Observer coalition_of(std::vector<std::uint32_t> ranks) {
  std::ranges::sort(ranks);
  if (ranks.empty()) throw UsageError("a coalition needs a rank");
  if (ranks.front() == 0) throw UsageError("rank 0 is the owner, who knows the plan");
  if (std::ranges::adjacent_find(ranks) != ranks.end())
    throw UsageError("a coalition has each rank once");
  Observer observer;
  observer.name = ranks.size() > 1 ? "ranks " : "rank ";
  for (const std::uint32_t rank : ranks)
    observer.name.append(rank == ranks.front() ? "" : ", ").append(std::to_string(rank));
  observer.ranks = std::move(ranks);
  return observer;
}

std::optional<Sight> observe(const MergedLog& log, const Observer& observer, std::uint64_t steps,
                             Evidence evidence) {
  const std::optional<Watchers> watchers = watchers_of(observer, log.truth);
  if (!watchers) return std::nullopt;
  Sight sight;
  sight.candidates = log.truth.hosts;
  std::ranges::sort(sight.candidates);
  for (std::size_t i = 0; i < sight.candidates.size(); ++i)
    if (std::ranges::binary_search(watchers->members, sight.candidates[i])) sight.own.push_back(i);
  if (log.truth.apart) sight.machines = shared_by(sight.candidates, log.truth);
  const SeenTraffic seen = see(log, *watchers, steps);
  sight.observation = sheet_of(seen, sight.candidates, evidence).observation;
  return sight;
}

std::vector<std::string> single_features(Evidence evidence) {
  return empty_sheet(evidence).single_names;
}
std::vector<std::string> pair_features(Evidence evidence) {
  return empty_sheet(evidence).pair_names;
}

}  // namespace mixnn
