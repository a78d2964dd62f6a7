#pragma once
#include <string>

#include "mixnn/app/options/options.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Puts the program's choices where they were left to it. If `ranks` are too few for the model, or
// it is a baseline (0 ranks), a step is one micro-batch.
// Cuts the layers of a model that leaves its stages open, and settles what the owner keeps of them,
// as the options say; what came of it, for people: nothing if it has stages, all on hosts. Throws
// UsageError where it cannot be cut so, or has stages and
// --stages is given.
std::string settle_stages(const AppOptions& options, ModelSpec& model);

void settle(AppOptions& options, const ModelSpec& model, int ranks);

}  // namespace mixnn
