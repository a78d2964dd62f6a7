#include "mixnn/app/commands/baseline.hpp"

#include "mixnn/app/cpu_set.hpp"
#include "mixnn/app/inputs.hpp"
#include "mixnn/app/log/training_log.hpp"
#include "mixnn/app/report/best_weights.hpp"
#include "mixnn/app/report/console.hpp"
#include "mixnn/app/report/progress.hpp"
#include "mixnn/app/report/report.hpp"
#include "mixnn/app/report/result_files.hpp"
#include "mixnn/app/stop_signal.hpp"
#include "mixnn/train/baseline.hpp"
#include "mixnn/train/best_epoch.hpp"
#include "mixnn/train/thread_choice.hpp"

namespace mixnn {

std::vector<int> thread_counts(const AppOptions& options) {
  return options.threads == 0 ? thread_candidates(usable_cpus())
                              : std::vector<int>{options.threads};
}

void run_baseline(AppOptions& options) {
  Inputs inputs = load_inputs(options);
  draw_validation(inputs, options);
  const Machine machine = this_machine();
  Console console(options);
  console.setting(inputs, machine);
  Record record{.name = "baseline"};
  if (options.threads != 1)
    record.threading =
        fastest_threading(inputs.model, inputs.data, options.training, thread_counts(options));
  if (record.threading.threads == 1) record.threading = {};  // the reference's bits

  Baseline trainer(inputs.model, inputs.data, options.training, record.threading);
  if (!inputs.weights.empty()) trainer.set_parameters(inputs.weights);
  ProgressLine progress(options.quiet ? Terminal() : Terminal::of_stdout(), options.training.epochs,
                        {"epoch"});
  TrainingLog log(options);
  console.table_head(false);
  remember_ends();
  BestWeights best(options, inputs.model);
  for (std::uint32_t epoch = 0;
       epoch < options.training.epochs && !stops_early(record.epochs, options.early_stop);
       ++epoch) {
    const ProgressHook show = progress.begin("epoch", epoch);
    const ProgressHook step = [&](const Progress& now) {
      if (show) show(now);
      if (!stop_signal()) return;
      progress.clear();
      end_if_told(
          "the baseline writes no checkpoints, and nothing before its end; train with "
          "--checkpoint can go on later");
    };
    train_and_test(trainer, epoch, log.steps(record.name, epoch, step), record);
    log.epoch_ended(record);
    progress.clear();
    console.table_row(epoch, record, false);
    best.epoch_ended(record.epochs, [&] { return trainer.parameters(); });
  }
  test_at_end(trainer, inputs.data, record);
  note_best(options, record);
  log.ended(record);
  const std::vector<std::vector<float>> parameters = trainer.parameters();
  ResultFiles results(options, inputs.model);
  results.write_model(parameters);
  record.sha256 = parameters_sha256(parameters);
  Json report = start_report(options, inputs, machine);
  add_record(report, record);
  results.write_report(report);
  console.summary(record, std::nullopt);
  results.note_problem(log.problem());
  best.finish();
  results.finish();
  console.close();
}

}  // namespace mixnn
