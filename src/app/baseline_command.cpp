#include "mixnn/app/baseline_command.hpp"

#include "mixnn/app/console.hpp"
#include "mixnn/app/cpu_set.hpp"
#include "mixnn/app/progress.hpp"
#include "mixnn/app/report.hpp"
#include "mixnn/train/baseline.hpp"
#include "mixnn/train/thread_choice.hpp"

namespace mixnn {

void run_baseline(const AppOptions& options, const Inputs& inputs) {
  const Machine machine = this_machine();
  Console console(options);
  console.setting(inputs, machine);
  Record record{.name = "baseline", .threads = options.threads, .epochs = {}, .sha256 = {}};
  if (record.threads == 0)
    record.threads = fastest_thread_count(inputs.model, inputs.data, options.training, usable_cpus());

  Baseline trainer(inputs.model, inputs.data, options.training, record.threads);
  ProgressLine progress(options.quiet ? Terminal() : Terminal::of_stdout(), options.training.epochs,
                        {"epoch"});
  console.table_head(false);
  for (std::uint32_t epoch = 0; epoch < options.training.epochs; ++epoch) {
    train_and_test(trainer, epoch, progress.begin("epoch", epoch), record);
    progress.clear();
    console.table_row(epoch, record, false);
  }
  record.sha256 = parameters_sha256(trainer.parameters());
  console.summary(record, std::nullopt);

  Json report = start_report(options, inputs, machine);
  add_record(report, record);
  write_results(options, report, inputs.model, trainer.parameters());
  console.close();
}

}  // namespace mixnn
