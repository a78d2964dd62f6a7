#include "mixnn/forecast/rounds/calibrate_rounds.hpp"

#include <algorithm>

#include "mixnn/forecast/calibrate_stages.hpp"
#include "mixnn/forecast/rounds/busy_cores.hpp"
#include "mixnn/forecast/rounds/calibrate_slots.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

namespace {

// What a stage takes on a core that it shares, over what it takes alone: between two micro-batches
// other ranks' slots drive its weights out of the caches. Fitted to runs of all cases of
// bench/plan_rounds.sh.
constexpr double kColdCompute = 1.1;

LinearCost scaled(const LinearCost& cost, double by) {
  return {cost.fixed * by, cost.per_unit * by};
}

StageCosts when_cold(const StageCosts& stage) {
  return {scaled(stage.forward, kColdCompute), scaled(stage.input_gradient, kColdCompute),
          scaled(stage.accumulate, kColdCompute), stage.update * kColdCompute};
}

}  // namespace

void calibrate_rounds(CostModel& costs, const ModelSpec& model, const TrainingOptions& training,
                      AeadSuite suite, const RoundsSetting& setting) {
  const BusyCores others(setting.cores, suite, setting.ranks, setting.message_bytes);
  costs.slot = calibrate_slots(suite, setting.ranks, setting.message_bytes);
  const BlasThreadsScope one(1);
  costs.stages = calibrate_stages(model, training);
  if (setting.ranks > setting.cores)
    std::ranges::transform(costs.stages, costs.stages.begin(), when_cold);
}

}  // namespace mixnn
