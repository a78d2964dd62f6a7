#include "mixnn/app/commands/predict.hpp"

#include "mixnn/app/print.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/app/report/predictions.hpp"
#include "mixnn/app/report/report.hpp"
#include "mixnn/app/report/result_files.hpp"
#include "mixnn/app/trained_network.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

void check_wanted(const AppOptions& options) {
  if (options.trained.predictions.empty())
    throw UsageError("--predictions FILE is missing: it receives a row for each sample");
  check_prediction_name(options.trained.predictions);
  check_output_file("--predictions", options.trained.predictions);
}

void predict(TrainedNetwork& network) {
  const AppOptions& options = network.options();
  const Inputs& inputs = network.inputs();
  const std::filesystem::path& file = options.trained.predictions;
  PredictionFile predictions(file, inputs.model, options.trained.form, inputs.data.test.count());
  network.outputs([&](std::size_t, std::span<const float> outputs) { predictions.add(outputs); });
  predictions.commit();
  Json report = network.start_report();
  report["predictions"] = {{"samples", inputs.data.test.count()},
                           {"values", predictions.columns()}};
  ResultFiles results(options, inputs.model);
  results.write_report(report);
  network.stop(results);
  if (!options.quiet)
    print_line("  predicted  " + file.string() + ": " + std::to_string(inputs.data.test.count()) +
               " samples");
  results.finish();
  network.close();
}

}  // namespace

int run_predict(const OwnerTask& task) {
  check_wanted(task.options);
  TrainedNetwork network(task);
  predict(network);
  return 0;
}

void run_predict_alone(AppOptions& options) {
  check_wanted(options);
  TrainedNetwork network(options, load_inputs(options));
  predict(network);
}

}  // namespace mixnn
