#pragma once
#include <array>

#include "mixnn/base/activity.hpp"
#include "mixnn/rounds/exchanger.hpp"
#include "mixnn/wire/usage.hpp"

namespace mixnn {

// What a rank has used so far for traffic in rounds. `pool_cells`: that its pool may have.
Usage round_usage(const Exchanger& exchanger, ActivityRecorder& activity, std::size_t pool_cells);
// From whom this rank dropped most, as a report tells it.
std::array<RefusedFrom, 8> worst_refused(const Refusals& refusals);

}  // namespace mixnn
