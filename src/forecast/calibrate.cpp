#include "mixnn/forecast/calibrate.hpp"

#include "mixnn/forecast/calibrate_baseline.hpp"
#include "mixnn/forecast/calibrate_cells.hpp"
#include "mixnn/forecast/calibrate_owner.hpp"
#include "mixnn/forecast/calibrate_stages.hpp"
#include "mixnn/forecast/calibration_inputs.hpp"
#include "mixnn/machine/process_change.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

// Networks with more parameters are timed at fewer rows than a whole batch.
constexpr double kMostProductsOfModel = 1.6e9;  // of the baseline's timed forward

// What only shows between processes that work is not calibrated but fitted to measured runs:
// models/mlp.json, batches of 128 and 512, 1 to 8 micro-batches, eight ranks on two cores, with
// changes of 14 us. Of a change a cell costs a share, as those that wait for the same rank come
// with one.
constexpr LinearCost kHandOver{3e-6, 0.12e-9};
constexpr double kShareOfChange = 0.4;
constexpr int kRing = 8;               // processes that take turns on a core
constexpr double kUsualChange = 8e-6;  // where it cannot be measured

double products_of_row(const ModelSpec& model) {
  double products = 0;
  for (std::size_t i = 0; i < model.stages.size(); ++i)
    products += static_cast<double>(model.stage(i, 1, 0, 0).parameter_count());
  return products;
}

}  // namespace

CostModel calibrate(const ModelSpec& model, const TrainingOptions& training, AeadSuite suite,
                    int cores) {
  const BlasThreadsScope one(1);
  CostModel costs;
  const CellFit cells = calibrate_cells(suite);
  costs.cell = cells.costs;
  costs.cell.hand_over = kHandOver;
  costs.cell.process_change = measure_process_change(kRing).value_or(kUsualChange);
  costs.cell.change_share = kShareOfChange;
  costs.fit_error = cells.error;
  costs.stages = calibrate_stages(model, training);
  costs.loss = calibrate_loss(static_cast<std::size_t>(model.classes()), training.batch_size);
  const std::size_t rows =
      rows_for(products_of_row(model), kMostProductsOfModel, training.batch_size);
  const DataPair data = random_data(model, rows);
  costs.inputs = calibrate_inputs(data.train);
  // Measured at few rows, the whole step is foretold at any number by scaling the sum of its parts.
  const LinearCost parts = step_of_one_thread(costs);
  const BaselineStep step = calibrate_baseline(model, training, data, cores);
  const double share = step.seconds / parts(static_cast<double>(rows));
  costs.baseline = {parts.fixed * share, parts.per_unit * share};
  costs.baseline_threads = step.threading.threads;
  return costs;
}

}  // namespace mixnn
