#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/audit/inference/judgement.hpp"
#include "mixnn/audit/watched_run.hpp"

namespace mixnn {

inline constexpr std::size_t kFewestRuns = 10;  // that an audit learns from

// What one observer learns from one kind of evidence of so many steps.
struct Finding {
  Observer observer;
  Evidence evidence{};
  std::uint64_t steps = 0;
  std::size_t runs = 0;  // in which there is such an observer
  Judgement judgement;
  // The bits that null tests find, of the most steps alone.
  std::optional<Interval> permuted, noise;
};

// Runs of the same model, settings and traffic, which were audited together.
struct AuditedGroup {
  AuditedRun run;  // the first, as an example; `steps`: those that each of them has
  std::uint32_t ranks = 0, batch = 0, micro_batches = 0, hops = 0;
  std::size_t runs = 0;
  std::vector<Finding> findings;  // by observer, evidence and steps
};

// What observers learn of the plans of all these runs, by group. An observer that fewer than
// kFewestRuns runs of a group have is left out there, and so are steps that not all of them have.
// `progress` is called now and then, by one thread at a time, with the share that is done. The
// number of threads changes no result. Throws UsageError if a group has too few runs.
std::vector<AuditedGroup> audit(const std::vector<WatchedRun>& runs, const AuditRequest& request,
                                unsigned threads, const std::function<void(double)>& progress);

}  // namespace mixnn
