#pragma once
#include <cstddef>

#include "mixnn/base/clock.hpp"

namespace mixnn {

// How long a round is with `--pace auto`, on a grid so coarse that it tells little of what it is
// made from (docs/rounds.md, "Pace").

// Rounded up to a power of two of a microsecond.
Nanoseconds coarse_work(Nanoseconds work);

// A period of which a whole exchange has room for that work beside its rounds: of the grid 1.25^k
// microseconds the first that is long enough.
Nanoseconds period_for(Nanoseconds round, Nanoseconds work, std::size_t rounds);

}  // namespace mixnn
