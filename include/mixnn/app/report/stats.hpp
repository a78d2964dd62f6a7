#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "mixnn/app/report/record.hpp"
#include "mixnn/forecast/forecast.hpp"
#include "mixnn/owner/rank_usage.hpp"
#include "mixnn/transport/job_hosts.hpp"

namespace mixnn {

// The lines of --stats: where the time of the training epochs went by role, and what memory the
// ranks took.
std::vector<std::string> stats_lines(const std::vector<RankUsage>& ranks);

// How much slower than the baseline the ranks must be at least, in this job: the largest of three
// times of an epoch, over the baseline's.
struct Bound {
  double work_s_per_epoch = 0;  // CPU seconds of all ranks, median
  int cores = 0;                // of all hosts together, that ranks can use
  // If all cores of the host that has most to do did nothing but compute, seal, open and handle
  // headers, from the first to the last moment.
  double cores_s = 0;
  LinkBounds links_s;  // 0 on one host
  double slowdown = 0;
  double over = 0;  // the slowdown that was measured, by this one

  double largest_s() const { return std::max(cores_s, links_s.largest()); }
};
// `links_s`: of an epoch.
Bound bound_of(const std::vector<RankUsage>& ranks, const Record& baseline, const Record& mixnn,
               const JobHosts& hosts, const LinkBounds& links_s);

}  // namespace mixnn
