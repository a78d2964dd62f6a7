#include "mixnn/audit/watched_run.hpp"

#include "mixnn/audit/inference/order_sums.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {

WatchedRun watch(const std::filesystem::path& folder, const AuditRequest& request) {
  const MergedLog log = read_run(folder);
  const WireTruth& truth = log.truth;
  WatchedRun watched{audited_run(log),    truth.ranks, truth.batch,
                     truth.micro_batches, truth.hops,  {}};
  const std::size_t stages = watched.run.hosts.size();
  if (stages < 2 || stages > kMostCandidates)
    throw UsageError(folder.string() + ": has " + std::to_string(stages) +
                     " stages on hosts; an audit finds the order of 2 to " +
                     std::to_string(kMostCandidates));
  for (const Observer& observer : request.observers)
    for (const std::uint64_t steps : request.steps)
      for (const Evidence evidence : kEvidences)
        watched.sights.push_back(steps == kAllSteps || steps <= watched.run.steps
                                     ? observe(log, observer, steps, evidence)
                                     : std::nullopt);
  return watched;
}

}  // namespace mixnn
