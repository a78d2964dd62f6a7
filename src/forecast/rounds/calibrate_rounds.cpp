#include "mixnn/forecast/rounds/calibrate_rounds.hpp"

#include "mixnn/forecast/calibrate_stages.hpp"
#include "mixnn/forecast/rounds/busy_cores.hpp"
#include "mixnn/forecast/rounds/calibrate_slots.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

void calibrate_rounds(CostModel& costs, const ModelSpec& model, const TrainingOptions& training,
                      AeadSuite suite, const RoundsSetting& setting) {
  const BusyCores others(setting.cores - 1, suite, setting.ranks, setting.message_bytes);
  costs.slot = calibrate_slots(suite, setting.ranks, setting.message_bytes);
  const BlasThreadsScope one(1);
  costs.stages = calibrate_stages(model, training);
}

}  // namespace mixnn
