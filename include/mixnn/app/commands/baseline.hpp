#pragma once
#include <vector>

#include "mixnn/app/inputs.hpp"
#include "mixnn/app/options/options.hpp"

namespace mixnn {

// Of the baseline: as asked for, or the candidates of this process's processors.
std::vector<int> thread_counts(const AppOptions& options);

// Trains in this process, prints the table and writes the results. Throws RunError.
void run_baseline(const AppOptions& options, const Inputs& inputs);

}  // namespace mixnn
