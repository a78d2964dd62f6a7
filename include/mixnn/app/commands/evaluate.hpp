#pragma once
#include "mixnn/app/commands/command.hpp"

namespace mixnn {

// Measures a trained network on the test set, across the ranks or in this process; prints and
// writes what it found. Throws UsageError and RunError.
int run_evaluate(const OwnerTask& task);
void run_evaluate_alone(AppOptions& options);

}  // namespace mixnn
