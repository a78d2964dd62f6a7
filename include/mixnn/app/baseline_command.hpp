#pragma once
#include "mixnn/app/inputs.hpp"
#include "mixnn/app/options.hpp"

namespace mixnn {

// Trains in this process, prints the table and writes the results. Throws RunError.
void run_baseline(const AppOptions& options, const Inputs& inputs);

}  // namespace mixnn
