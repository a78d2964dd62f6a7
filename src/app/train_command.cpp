#include "mixnn/app/train_command.hpp"

#include "mixnn/app/console.hpp"
#include "mixnn/app/progress.hpp"
#include "mixnn/app/report.hpp"
#include "mixnn/app/trace_file.hpp"
#include "mixnn/role/owner.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

void run_train(const AppOptions& options, const Inputs& inputs, MpiRuntime& mpi) {
  set_blas_threads(1);
  const Machine machine = this_machine(mpi.library_version());
  Console console(options);
  console.setting(inputs, machine);
  Owner owner(mpi.transport(), inputs.model, inputs.data, options.training, options.session);
  const SessionFacts facts = owner.start();
  console.session(facts, mpi.size());

  Record record{.name = "mixnn", .threads = 1, .epochs = {}, .sha256 = {}};
  ProgressLine progress(options.quiet ? Terminal() : Terminal::of_stdout(), options.training.epochs,
                        {"epoch"});
  console.table_head(false);
  for (std::uint32_t epoch = 0; epoch < options.training.epochs; ++epoch) {
    train_and_test(owner, epoch, progress.begin("epoch", epoch), record);
    progress.clear();
    console.table_row(epoch, record, false);
  }
  const std::vector<std::vector<float>> parameters = owner.parameters();
  write_trace(options, owner);
  const SessionTotals totals = owner.stop();
  record.sha256 = parameters_sha256(parameters);
  console.summary(record, totals);
  console.stats(totals);

  Json report = start_report(options, inputs, machine);
  add_session(report, options, facts, mpi.size());
  add_record(report, record);
  add_totals(report, totals);
  write_results(options, report, inputs.model, parameters);
  console.close();
}

}  // namespace mixnn
