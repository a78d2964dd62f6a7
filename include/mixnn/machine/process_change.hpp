#pragma once
#include <optional>

namespace mixnn {

// Seconds from the moment at which a process calls the next one, on the same core, to that in which
// the next one runs: what a cell costs, beside all work on it, wherever ranks share cores. Measured
// with `processes` children of this one that call each other in a ring, in some 30 ms: one core
// alternates between more address spaces than a virtual machine may keep at hand, as it does
// between ranks. Nothing where the system gives no processes or no shared memory.
std::optional<double> measure_process_change(int processes);

}  // namespace mixnn
