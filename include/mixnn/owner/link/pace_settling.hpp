#pragma once
#include <vector>

#include "mixnn/layers/model_spec.hpp"
#include "mixnn/owner/owner_link.hpp"

namespace mixnn {

// How long a round is to take, settled at the start of a run with `--pace auto` and then kept
// (docs/rounds.md, "Pace").

// What a rank with one of these stages computes in an exchange at most, on this machine: forward,
// both parts of the backward, and the update. Rounded up to a power of two of a microsecond, for
// the period tells it.
Nanoseconds work_of_an_exchange(const std::vector<StageSpec>& stages);

// Runs dummies, as many whatever the run, to see how long the slowest rank's rounds take, and tells
// all ranks the period. Nothing may be under way.
Nanoseconds settle_pace(OwnerLink& link, Nanoseconds work, std::size_t rounds);

}  // namespace mixnn
