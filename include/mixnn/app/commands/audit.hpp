#pragma once
#include "mixnn/app/options/options.hpp"

namespace mixnn {

// Reads the wire logs of all runs in the given folders, and prints what observers learn from them.
// Throws UsageError.
void run_audit(AppOptions& options);

}  // namespace mixnn
