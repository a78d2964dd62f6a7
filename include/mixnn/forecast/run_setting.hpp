#pragma once
#include <cstddef>

#include "mixnn/forecast/machines.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// A run to be predicted. micro_batches and in_flight are numbers here, never automatic.
struct RunSetting {
  const ModelSpec& model;
  TrainingOptions training;
  SessionOptions session;
  std::size_t ranks = 0;
  Machines machines;
};

}  // namespace mixnn
