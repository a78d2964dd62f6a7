#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/audit/merged_log.hpp"
#include "mixnn/audit/observation.hpp"

namespace mixnn {

// What an observer wants to know.
enum class PlanSecret : std::uint8_t {
  kOrder,     // of all candidates
  kPosition,  // of its own stage, counted from 0; the observer is a candidate
  kNext,      // which candidate hosts the stage behind its own, if one does
};

// What it may use: counts, sizes, links and order alone, or times alone, or both.
enum class Evidence : std::uint8_t { kNoTimes, kTimes, kAll };

// Whoever looks at a run. Seats are filled anew in each run, as its plan says: relays by the lowest
// ranks that host nothing, hosts by the lowest ranks that host a stage (plans are drawn at random,
// so this says nothing of the stage), machines by all ranks of the largest one that has a stage and
// at least two ranks, and is not the owner's.
struct Observer {
  std::string name;  // as tables have it: "all links", "one relay", "a host: its position", ...
  PlanSecret secret = PlanSecret::kOrder;
  bool all_links = false;  // times, links and sizes of all cells, but no rank from within
  std::size_t relays = 0, hosts = 0;
  bool machine = false;
  std::vector<std::uint32_t> ranks = {};  // a coalition given by its ranks, instead of seats
};

// All links; one relay; two relays; a host: its position, its neighbours; a host and a relay; a
// host and two relays; two hosts; a machine.
std::vector<Observer> standard_observers();
// Any ranks. Throws UsageError for the owner, a rank twice or none.
Observer coalition_of(std::vector<std::uint32_t> ranks);

// What an observer saw.
struct Sight {
  Observation observation;
  std::vector<std::uint32_t> candidates;  // ranks, ascending: as observation counts them
  // Candidates that are in the observer, ascending. It knows nothing of their stages from the plan
  // either; for kPosition and kNext the first one asks.
  std::vector<std::size_t> own;
  // By candidate, the number of its machine: no neighbours are on one, but on that of number 0. So
  // some orders are known to be none before anything is seen, and all others are as likely. Empty:
  // nothing is excluded, and all orders are.
  std::vector<std::uint32_t> machines;
};

// Of the first `steps` steps of training, all if there are fewer. Nothing if this run has no such
// observer: too few ranks host nothing, or a rank that is not there. Features of candidates and
// pairs are the same, in the same order, for all runs, observers and numbers of steps; what an
// observer cannot see is 0.
std::optional<Sight> observe(const MergedLog& log, const Observer& observer, std::uint64_t steps,
                             Evidence evidence);

// What each feature is, in a few words, for tables and for tests.
std::vector<std::string> single_features(Evidence evidence);
std::vector<std::string> pair_features(Evidence evidence);

}  // namespace mixnn
