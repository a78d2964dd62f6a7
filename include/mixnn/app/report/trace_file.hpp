#pragma once
#include <string>
#include <vector>

#include "mixnn/owner/rank_trace.hpp"

namespace mixnn {

// The trace as Chrome and Perfetto read it (the JSON "trace event format"): one row a rank, a box
// for each activity, with step, micro-batch and direction if the rank knew them. What only the
// owner knows stands in the args under "owner_only", and in the names of the rows.
std::string trace_json(const std::vector<RankTrace>& ranks);

}  // namespace mixnn
