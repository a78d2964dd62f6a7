#include "mixnn/app/commands/evaluate.hpp"

#include "mixnn/app/print.hpp"
#include "mixnn/app/report/console.hpp"
#include "mixnn/app/report/evaluation_text.hpp"
#include "mixnn/app/report/report.hpp"
#include "mixnn/app/report/result_files.hpp"
#include "mixnn/app/trained_network.hpp"
#include "mixnn/base/clock.hpp"

namespace mixnn {
namespace {

void evaluate(TrainedNetwork& network) {
  const AppOptions& options = network.options();
  const Inputs& inputs = network.inputs();
  Evaluator evaluator(inputs.model.loss, inputs.model.boundaries().back(), inputs.data.test.labels,
                      options.trained.top_k);
  const Stopwatch watch;
  network.outputs(
      [&](std::size_t first, std::span<const float> outputs) { evaluator.add(first, outputs); });
  const double wall_s = watch.seconds();
  const Evaluation evaluation = evaluator.result();
  Json report = network.start_report();
  add_evaluation(report, evaluation, wall_s);
  ResultFiles results(options, inputs.model);
  results.write_report(report);
  network.stop(results);
  if (!options.quiet)
    for (const std::string& line : evaluation_lines(evaluation, wall_s)) print_line(line);
  results.finish();
  network.close();
}

}  // namespace

int run_evaluate(const OwnerTask& task) {
  TrainedNetwork network(task);
  evaluate(network);
  return 0;
}

void run_evaluate_alone(AppOptions& options) {
  TrainedNetwork network(options, load_inputs(options));
  evaluate(network);
}

}  // namespace mixnn
