#include "mixnn/app/commands/train.hpp"

#include <limits>

#include "mixnn/app/checkpoints.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/report/console.hpp"
#include "mixnn/app/report/progress.hpp"
#include "mixnn/app/report/report.hpp"
#include "mixnn/app/report/trace_file.hpp"
#include "mixnn/app/stop_signal.hpp"
#include "mixnn/base/exit_code.hpp"
#include "mixnn/owner/owner.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

// One job's part of a training: all of it, or from a checkpoint on, or until it is told to stop.
class TrainingLife {
 public:
  TrainingLife(const AppOptions& options, Owner& owner, Console& console, Checkpointer* checkpoints)
      : options_(options), owner_(owner), console_(console), checkpoints_(checkpoints) {}

  bool run();  // false: told to stop, and checkpointed
  Record record{.name = "mixnn", .threading = {}, .epochs = {}, .sha256 = {}};

 private:
  bool left() const { return owner_.point().epoch < options_.training.epochs; }
  std::optional<EpochResult> train(const ProgressHook& progress);
  void end_epoch(const EpochResult& trained);
  bool told_to_stop();
  void write_checkpoint();

  const AppOptions& options_;
  Owner& owner_;
  Console& console_;
  Checkpointer* checkpoints_;  // null: none
  bool said_ = false;          // that there is nowhere to write one
  ProgressLine progress_{
      options_.quiet ? Terminal() : Terminal::of_stdout(), options_.training.epochs, {"epoch"}};
};

bool TrainingLife::run() {
  console_.table_head(false);
  for (const Record::Epoch& epoch :
       checkpoints_ ? checkpoints_->epochs() : std::vector<Record::Epoch>{}) {
    record.epochs.push_back(epoch);
    console_.table_row(record.epochs.size() - 1, record, false);
  }
  // The first shows that all hosts can write where rank 0 reads, before hours are spent.
  if (checkpoints_ && !checkpoints_->resumed()) write_checkpoint();
  while (left()) {
    const ProgressHook hook = progress_.begin("epoch", owner_.point().epoch);
    for (std::optional<EpochResult> trained; !trained;) {
      trained = train(hook);
      if (trained) end_epoch(*trained);
      if (left() && told_to_stop()) return false;
    }
  }
  if (checkpoints_) write_checkpoint();
  return true;
}

std::optional<EpochResult> TrainingLife::train(const ProgressHook& progress) {
  if (checkpoints_)
    return checkpoints_->train(
        [this](std::size_t most, const ProgressHook& hook) {
          return owner_.train_steps(most, hook);
        },
        progress);
  return owner_.train_steps(std::numeric_limits<std::size_t>::max(), [&](const Progress& now) {
    if (progress) progress(now);
    told_to_stop();
  });
}

void TrainingLife::end_epoch(const EpochResult& trained) {
  record.epochs.push_back({trained, owner_.test()});
  progress_.clear();
  console_.table_row(record.epochs.size() - 1, record, false);
}

void TrainingLife::write_checkpoint() {
  checkpoints_->write(owner_.point(), record.epochs, [this](const Checkpointer::OrderFor& order) {
    return owner_.write_shards(order);
  });
}

// Between two steps. Writes the checkpoint that is due, or asked for.
bool TrainingLife::told_to_stop() {
  const std::optional<std::string> signal = stop_signal();
  if (checkpoints_ && (signal || checkpoints_->due())) write_checkpoint();
  if (!signal) return false;
  progress_.clear();
  if (checkpoints_) {
    print_error(*signal + ": checkpointed " + point_text(owner_.point()) +
                "; the same command goes on from there");
    return true;
  }
  if (!said_)
    print_error(
        *signal +
        ": there is nowhere to write a checkpoint without --checkpoint DIR; training goes on");
  said_ = true;
  forget_stop_signal();
  return false;
}

// From the checkpoint, which it then forgets, or from the seed.
SessionFacts start(Owner& owner, Checkpointer* checkpoints) {
  if (checkpoints == nullptr || !checkpoints->resumed()) return owner.start();
  const SessionFacts facts = owner.start(checkpoints->from(), checkpoints->state());
  checkpoints->forget_state();
  return facts;
}

}  // namespace

int run_train(const OwnerTask& task) {
  const AppOptions& options = task.options;
  const Inputs& inputs = task.inputs;
  Checkpointer* const checkpoints = task.checkpoints;
  MpiRuntime& mpi = task.mpi;
  set_blas_threads(1);
  const Machine machine = this_machine(mpi.library_version());
  Console console(options);
  console.setting(inputs, machine);
  if (checkpoints) console.checkpoints(checkpoints_text(options, *checkpoints));
  Owner owner(mpi.transport(), inputs.model, inputs.data, options.training, options.session);
  const SessionFacts facts = start(owner, checkpoints);
  console.session(facts, mpi.size());

  TrainingLife life(options, owner, console, checkpoints);
  if (!life.run()) {
    owner.stop();
    return kExitToBeContinued;
  }
  const std::vector<std::vector<float>> parameters = owner.parameters();
  write_trace(options, owner);
  const SessionTotals totals = owner.stop();
  life.record.sha256 = parameters_sha256(parameters);
  console.summary(life.record, totals);
  console.stats(totals);

  Json report = start_report(options, inputs, machine);
  add_session(report, options, facts, mpi.size());
  if (checkpoints) add_lives(report, *checkpoints);
  add_record(report, life.record);
  add_totals(report, totals);
  write_results(options, report, inputs.model, parameters);
  console.close();
  return kExitSuccess;
}

std::string write_finished(const AppOptions& options, const Inputs& inputs,
                           const Checkpointer& checkpoints) {
  const std::vector<std::vector<float>> parameters = checkpoints.parameters();
  const Record record{.name = "mixnn",
                      .threading = {},
                      .epochs = checkpoints.epochs(),
                      .sha256 = parameters_sha256(parameters)};
  Json report = start_report(options, inputs, this_machine());
  add_lives(report, checkpoints);
  add_record(report, record);
  write_results(options, report, inputs.model, parameters);
  if (options.quiet) return {};
  return "training is finished: --checkpoint " + options.checkpoint.folder.string() +
         " holds all of its " + std::to_string(options.training.epochs) +
         " epochs; nothing was trained again\n" +
         (options.out.empty()
              ? ""
              : "  results    " + options.out.string() + ": report.json, model.safetensors\n") +
         (options.json.empty() ? "" : "  report     " + options.json.string() + "\n");
}

}  // namespace mixnn
