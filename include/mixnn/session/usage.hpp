#pragma once
#include <array>

#include "mixnn/base/activity.hpp"
#include "mixnn/base/cell_pool.hpp"
#include "mixnn/transport/refusals.hpp"
#include "mixnn/wire/assembly.hpp"
#include "mixnn/wire/report.hpp"

namespace mixnn {

// What a rank has used so far for its traffic.
Usage usage_of(ActivityRecorder& activity, const BufferStock& messages, const CellPool& cells);
// The same where rounds have a thread of their own: `rounds` is what that one saw. Each activity's
// time is that of the thread which is there for it; computing goes on beside the rounds.
Usage usage_of_both(Usage rounds, ActivityRecorder& computing, const BufferStock& messages);
// From whom this rank dropped most, as a report tells it.
std::array<RefusedFrom, 8> worst_refused(const Refusals& refusals);

}  // namespace mixnn
