#pragma once
#include "mixnn/app/options/options.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Puts the program's choices where they were left to it. If `ranks` are too few for the model, or
// it is a baseline (0 ranks), a step is one micro-batch.
void settle(AppOptions& options, const ModelSpec& model, int ranks);

}  // namespace mixnn
