#pragma once
#include <string>
#include <vector>

#include "mixnn/app/report/record.hpp"
#include "mixnn/owner/rank_usage.hpp"

namespace mixnn {

// The lines of --stats: where the time of the training epochs went by role, and what memory the
// ranks took.
std::vector<std::string> stats_lines(const std::vector<RankUsage>& ranks);

// How much slower than the baseline the ranks would be if all cores did nothing but compute, seal,
// open and handle headers, from the first to the last moment.
struct Bound {
  double work_s_per_epoch = 0;  // CPU seconds, median
  int cores = 0;
  double slowdown = 0;
};
Bound bound_of(const std::vector<RankUsage>& ranks, const Record& baseline, int cores);

}  // namespace mixnn
