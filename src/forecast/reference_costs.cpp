#include "mixnn/forecast/reference_costs.hpp"

#include "mixnn/layers/layer.hpp"

namespace mixnn {
namespace {

// The reference machine. Changing a number here may change which micro-batches are chosen, and
// thereby the bits of runs that leave the choice to the program.
constexpr double kFlops = 70e9;             // of a matrix product on one core
constexpr double kProduct = 2e-6;           // to begin one
constexpr double kTouched = 0.25e-9;        // to bring in one parameter for it, whatever the rows
constexpr double kValue = 0.15e-9;          // one float of a pass over memory
constexpr double kParameter = 0.4e-9;       // one parameter's update
constexpr double kUpdate = 1e-6;            // to begin it
constexpr double kByte = 1 / 9.8e9;         // one body layer of a cell
constexpr LinearCost kLoss{3e-6, 0.15e-6};  // by rows
constexpr CellCosts kCell{.aead = {0.1e-6, kByte},
                          .cover = 0.65,
                          .wrap = 1.5e-6,
                          .relay = 3e-6,
                          .receive = 3e-6,
                          .slot = 1.6e-6,
                          .hand_over = {6.5e-6, 0.1e-9},  // with what a change of processes takes
                          .process_change = 0,
                          .change_share = 1};

// Every layer counts as a product with its parameters.
StageCosts stage_costs(const StageSpec& spec) {
  StageCosts costs;
  Shape shape = spec.input_shape;
  const bool raw = spec.input_type == ElementType::kUint8;
  bool first = true;
  if (raw) costs.forward.per_unit += kValue * static_cast<double>(element_count(shape));
  for (const LayerSpec& layer : spec.layers) {
    const auto parameters = static_cast<double>(parameter_count(layer, shape));
    shape = output_shape(layer, shape);
    if (parameters == 0) continue;
    const double row = 2 * parameters / kFlops,
                 values = kValue * static_cast<double>(element_count(shape));
    const auto add = [&](LinearCost& cost) {
      cost.fixed += kProduct + kTouched * parameters;
      cost.per_unit += row;
    };
    add(costs.forward);
    add(costs.accumulate);
    if (!raw || !first) add(costs.input_gradient);
    costs.forward.per_unit += values;
    costs.input_gradient.per_unit += values;
    costs.update += kParameter * parameters;
    first = false;
  }
  costs.update += kUpdate;
  return costs;
}

}  // namespace

CostModel reference_costs(const ModelSpec& model) {
  CostModel costs;
  costs.cell = kCell;
  costs.loss = kLoss;
  costs.inputs.per_unit = kValue * static_cast<double>(element_count(model.input_shape));
  for (std::size_t i = 0; i < model.stages.size(); ++i)
    costs.stages.push_back(stage_costs(model.stage(i, 1, 0, 0)));
  costs.baseline = step_of_one_thread(costs);
  return costs;
}

}  // namespace mixnn
