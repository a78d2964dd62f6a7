#pragma once
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/options.hpp"
#include "mixnn/train/threading.hpp"

namespace mixnn {

// The fastest of 1 .. cores threads, and the seconds of its step with all of `data` as one batch.
struct BaselineStep {
  Threading threading;
  double seconds = 0;
};
BaselineStep calibrate_baseline(const ModelSpec& model, const TrainingOptions& training,
                                const DataPair& data, int cores);

}  // namespace mixnn
