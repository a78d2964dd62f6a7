#pragma once
#include "mixnn/app/commands/command.hpp"

namespace mixnn {

// Writes what a trained network gives for each sample of the test set, across the ranks or in this
// process. Throws UsageError and RunError.
int run_predict(const OwnerTask& task);
void run_predict_alone(AppOptions& options);

}  // namespace mixnn
