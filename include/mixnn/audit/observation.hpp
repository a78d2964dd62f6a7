#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mixnn {

// What one observer saw of one run, as numbers that an estimator can learn from. Candidates are the
// ranks that may host a stage; which of them do is taken as known, so the secret is their order.
// Every candidate and every ordered pair of candidates has the same features, in the same order,
// in all runs of one audit, so that what was learnt on some runs says something about others.
struct Observation {
  // By candidate, in ascending order of ranks: features of it alone (evidence that it is the first
  // or the last stage, or that it is next to the observer).
  std::vector<std::vector<double>> single;
  // By candidate and candidate: evidence that the second hosts the stage behind the first's.
  std::vector<std::vector<std::vector<double>>> pair;  // [from][to], the diagonal unused
};

// One run as an audit uses it.
struct AuditedRun {
  std::vector<std::uint32_t> hosts;  // the truth: the rank of each stage, by stage
  std::string traffic, model;        // "onion" or "rounds"; the model's name
  std::uint64_t steps = 0;           // whole steps that the log holds
};

}  // namespace mixnn
