#include "mixnn/forecast/calibrate.hpp"

#include "mixnn/forecast/calibrate_baseline.hpp"
#include "mixnn/forecast/calibrate_cells.hpp"
#include "mixnn/forecast/calibrate_owner.hpp"
#include "mixnn/forecast/calibrate_stages.hpp"
#include "mixnn/forecast/calibration_inputs.hpp"
#include "mixnn/machine/core_transfer.hpp"
#include "mixnn/machine/process_change.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

// Networks with more parameters are timed at fewer rows than a whole batch.
constexpr double kMostProductsOfModel = 1.6e9;  // of the baseline's timed forward

// What only shows between processes that work cannot be timed in one, so it is taken as so many
// times what can be: handing a cell on as a relay's work on its header (both fetch what other work
// has driven out of the caches); a byte of it as its way from core to core (it is fetched, taken
// for writing, and driven out again); and of a change of processes a share, as cells that wait for
// the same rank come with one. The factors are fitted to runs of eight ranks on two cores.
constexpr double kHandOverOfRelay = 4, kWaysOfByte = 2, kShareOfChange = 0.4;
constexpr int kRing = 8;               // processes that take turns on a core
constexpr double kUsualChange = 8e-6;  // where it cannot be measured

double products_of_row(const ModelSpec& model) {
  double products = 0;
  for (std::size_t i = 0; i < model.stages.size(); ++i)
    products += static_cast<double>(model.stage(i, 1).parameter_count());
  return products;
}

}  // namespace

CostModel calibrate(const ModelSpec& model, const TrainingOptions& training, AeadSuite suite,
                    int cores) {
  const BlasThreadsScope one(1);
  CostModel costs;
  const CellFit cells = calibrate_cells(suite);
  costs.cell = cells.costs;
  costs.cell.hand_over = {kHandOverOfRelay * costs.cell.relay,
                          kWaysOfByte * measure_core_transfer()};
  costs.cell.process_change = measure_process_change(kRing).value_or(kUsualChange);
  costs.cell.change_share = kShareOfChange;
  costs.fit_error = cells.error;
  costs.stages = calibrate_stages(model, training);
  costs.loss = calibrate_loss(model.criterion(), training.batch_size);
  const std::size_t rows =
      rows_for(products_of_row(model), kMostProductsOfModel, training.batch_size);
  const DataPair data = random_data(model, rows);
  costs.inputs = calibrate_inputs(data.train);
  // Measured at few rows, the whole step is predicted at any number by scaling the sum of its
  // parts.
  const LinearCost parts = step_of_one_thread(costs);
  const BaselineStep step = calibrate_baseline(model, training, data, cores);
  const double share = step.seconds / parts(static_cast<double>(rows));
  costs.baseline = {parts.fixed * share, parts.per_unit * share};
  costs.baseline_threads = step.threading.threads;
  return costs;
}

}  // namespace mixnn
