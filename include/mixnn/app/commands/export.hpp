#pragma once
#include "mixnn/app/options/options.hpp"

namespace mixnn {

// Writes the weights of a checkpoint as a safetensors file, in this process alone, also while a job
// writes more checkpoints. Throws UsageError and RunError.
void run_export(AppOptions& options);

}  // namespace mixnn
