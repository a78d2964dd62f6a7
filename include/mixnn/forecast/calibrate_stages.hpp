#pragma once
#include <vector>

#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// Runs each stage at two row counts on the BLAS threads that there are; equal stages are timed
// once.
std::vector<StageCosts> calibrate_stages(const ModelSpec& model, const TrainingOptions& training);

}  // namespace mixnn
