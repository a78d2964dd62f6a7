#pragma once
#include <vector>

#include "mixnn/app/options/options.hpp"

namespace mixnn {

// Of the baseline: as asked for, or the candidates of this process's processors.
std::vector<int> thread_counts(const AppOptions& options);

// Reads the inputs, trains in this process, prints the table and writes the results. Throws
// UsageError and RunError.
void run_baseline(AppOptions& options);

}  // namespace mixnn
