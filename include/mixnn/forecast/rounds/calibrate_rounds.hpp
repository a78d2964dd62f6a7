#pragma once
#include "mixnn/crypto/aead.hpp"
#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

struct RoundsSetting {
  std::size_t ranks = 0, cores = 0, message_bytes = 0;
};

// Times what traffic in rounds adds, and the stages anew, while all other cores are as busy as they
// are with its ranks: in rounds nobody waits for long, and cores share memory.
void calibrate_rounds(CostModel& costs, const ModelSpec& model, const TrainingOptions& training,
                      AeadSuite suite, const RoundsSetting& setting);

}  // namespace mixnn
