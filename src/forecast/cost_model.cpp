#include "mixnn/forecast/cost_model.hpp"

#include <algorithm>

namespace mixnn {
namespace {

LinearCost operator+(const LinearCost& a, const LinearCost& b) {
  return {a.fixed + b.fixed, a.per_unit + b.per_unit};
}

}  // namespace

LinearCost cost_through(double x0, double y0, double x1, double y1) {
  const double slope = x1 > x0 ? std::max(0.0, (y1 - y0) / (x1 - x0)) : y1 / x1;
  const double fixed = y1 - slope * x1;
  return fixed >= 0 ? LinearCost{fixed, slope} : LinearCost{0, y1 / x1};
}

StageCosts sum_of(std::span<const StageCosts> stages) {
  StageCosts sum;
  for (const StageCosts& stage : stages) {
    sum.forward = sum.forward + stage.forward;
    sum.input_gradient = sum.input_gradient + stage.input_gradient;
    sum.accumulate = sum.accumulate + stage.accumulate;
    sum.update += stage.update;
  }
  return sum;
}

LinearCost step_of_one_thread(const CostModel& costs) {
  LinearCost step{costs.loss.fixed, costs.loss.per_unit + costs.inputs.per_unit};
  for (const StageCosts& stage : costs.stages) {
    step.fixed += stage.update;
    for (const LinearCost* part : {&stage.forward, &stage.input_gradient, &stage.accumulate})
      step = step + *part;
  }
  return step;
}

}  // namespace mixnn
