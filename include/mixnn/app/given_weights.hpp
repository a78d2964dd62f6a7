#pragma once
#include <string>
#include <vector>

#include "mixnn/app/options/options.hpp"
#include "mixnn/checkpoint/manifest.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

using StageWeights = std::vector<std::vector<float>>;  // parameters, by stage

// What a checkpoint holds of a network.
struct SavedNetwork {
  ModelSpec model;  // cut as it was in training
  StageWeights weights;
  std::string file;  // name of its manifest
  TrainingPoint point;
};

// The checkpoint that --checkpoint names, of MODEL as it is written, however its layers are cut if
// that is left open. Throws UsageError: also for another model, or samples that were normalized and
// are not now.
SavedNetwork load_saved(const AppOptions& options, const ModelSpec& written);

// The weights that --weights or --checkpoint name, cut as `model` is; empty: a training that begins
// with those that the seed draws. Throws UsageError.
StageWeights given_weights(const AppOptions& options, const ModelSpec& written,
                           const ModelSpec& model);

}  // namespace mixnn
