#include "mixnn/app/commands/train.hpp"

#include <chrono>
#include <initializer_list>
#include <limits>
#include <thread>
#include <utility>

#include "mixnn/app/checkpoints.hpp"
#include "mixnn/app/log/training_log.hpp"
#include "mixnn/app/log/wire_recorder.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/report/best_weights.hpp"
#include "mixnn/app/report/console.hpp"
#include "mixnn/app/report/progress.hpp"
#include "mixnn/app/report/report.hpp"
#include "mixnn/app/report/result_files.hpp"
#include "mixnn/app/report/trace_file.hpp"
#include "mixnn/app/stop_signal.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/exit_code.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/owner/owner.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/train/baseline.hpp"
#include "mixnn/train/best_epoch.hpp"

namespace mixnn {
namespace {

// One job's part of a training: all of it, or from a checkpoint on, or until it is told to stop.
class TrainingLife {
 public:
  TrainingLife(const AppOptions& options, const ModelSpec& model, Owner& owner, Console& console,
               TrainingLog& log, Checkpointer* checkpoints, WireRecorder* wire_log)
      : best(options, model),
        options_(options),
        owner_(owner),
        console_(console),
        log_(log),
        checkpoints_(checkpoints),
        wire_log_(wire_log) {}

  bool run();  // false: told to stop, and checkpointed
  // The end of a training is in a checkpoint, if there are to be any; tries it, if it is not yet.
  bool saved_end();
  Record record{.name = "mixnn"};
  BestWeights best;

 private:
  bool left() const {
    if (owner_.point().epoch == options_.training.epochs) return false;
    return owner_.point().step > 0 || !stops_early(record.epochs, options_.early_stop);
  }
  std::optional<EpochResult> train(const ProgressHook& progress);
  void end_epoch(const EpochResult& trained);
  bool told_to_stop();
  void write_checkpoint();
  bool save(std::initializer_list<int> pauses_s);
  void stopped_by(const std::string& signal);

  const AppOptions& options_;
  Owner& owner_;
  Console& console_;
  TrainingLog& log_;
  Checkpointer* checkpoints_;            // null: none
  WireRecorder* wire_log_;               // null: none
  bool said_ = false;                    // that there is nowhere to write one
  bool saved_ = true;                    // the last one to write could be written
  std::optional<TrainingPoint> newest_;  // that this job has written
  ProgressLine progress_{
      options_.quiet ? Terminal() : Terminal::of_stdout(), options_.training.epochs, {"epoch"}};
};

bool TrainingLife::run() {
  console_.table_head(false);
  for (const Record::Epoch& epoch :
       checkpoints_ ? checkpoints_->epochs() : std::vector<Record::Epoch>{}) {
    record.epochs.push_back(epoch);
    owner_.tested(epoch.test);
    console_.table_row(record.epochs.size() - 1, record, false);
  }
  best.go_on_after(record.epochs);
  // The first shows that all hosts can write where rank 0 reads, before hours are spent.
  if (checkpoints_ && !checkpoints_->resumed()) write_checkpoint();
  while (left()) {
    const std::uint32_t epoch = owner_.point().epoch;
    ProgressHook hook = progress_.begin("epoch", epoch);
    if (wire_log_) hook = wire_log_->steps(std::move(hook));
    for (std::optional<EpochResult> trained; !trained;) {
      trained = train(log_.steps(record.name, epoch, hook));
      if (trained) end_epoch(*trained);
      if (left() && told_to_stop()) return false;
    }
  }
  if (checkpoints_) save({0, 1, 3});
  return true;
}

bool TrainingLife::saved_end() { return !checkpoints_ || saved_ || save({0}); }

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
  owner_.tested(record.last().test);
  log_.epoch_ended(record);
  progress_.clear();
  console_.table_row(record.epochs.size() - 1, record, false);
  best.epoch_ended(record.epochs, [this] { return owner_.parameters(); });
}

void TrainingLife::write_checkpoint() {
  checkpoints_->write(owner_.point(), record.epochs, [this](const Checkpointer::OrderFor& order) {
    return owner_.write_shards(order);
  });
  newest_ = owner_.point();
  for (const std::string& note : checkpoints_->take_notes()) {
    progress_.clear();
    print_error("warning: " + note);
  }
}

// Whether it could be written: at once, or after one of the pauses, in seconds. If not, the
// training is as it was, and older checkpoints are.
bool TrainingLife::save(std::initializer_list<int> pauses_s) {
  std::string why;
  for (const int pause : pauses_s) {
    std::this_thread::sleep_for(std::chrono::seconds(pause));
    try {
      write_checkpoint();
      return saved_ = true;
    } catch (const SaveError& error) {
      why = error.what();
    }
  }
  progress_.clear();
  print_error("warning: no checkpoint " + point_text(owner_.point()) + ": " + why +
              "; older ones are kept, and it is tried again");
  return saved_ = false;
}

// Between two steps. Writes the checkpoint that is due, or asked for.
bool TrainingLife::told_to_stop() {
  const std::optional<std::string> signal = stop_signal();
  if (checkpoints_ && signal) {
    save({0, 1, 3});
    stopped_by(*signal);
    return true;
  }
  if (checkpoints_ && checkpoints_->due()) save({0});
  if (!signal) return false;
  progress_.clear();
  if (!said_)
    print_error(
        *signal +
        ": there is nowhere to write a checkpoint without --checkpoint DIR; training goes on");
  said_ = true;
  forget_stop_signal();
  return false;
}

// What it goes on from is what this job has saved last. Nothing at all would only be queued again.
void TrainingLife::stopped_by(const std::string& signal) {
  progress_.clear();
  if (!newest_) throw RunError(signal + ": this job could not write any checkpoint");
  print_error(signal + ": checkpointed " + point_text(*newest_) +
              "; the same command goes on from there");
}

// From the checkpoint, which it then forgets, from given weights, or from the seed.
SessionFacts start(Owner& owner, const Inputs& inputs, Checkpointer* checkpoints) {
  if (checkpoints == nullptr || !checkpoints->resumed()) return start(owner, inputs);
  const SessionFacts facts = owner.start(checkpoints->from(), checkpoints->state());
  checkpoints->forget_state();
  return facts;
}

// That earlier jobs have made of the training that goes on, as far as it is kept.
std::optional<std::size_t> steps_before(const Inputs& inputs, const AppOptions& options,
                                        const Checkpointer* checkpoints) {
  if (checkpoints == nullptr || !checkpoints->resumed()) return std::nullopt;
  const TrainingPoint& from = checkpoints->from();
  return from.epoch * steps_per_epoch(inputs.data.train.count(), options.training.batch_size) +
         from.step;
}

// The test set after the last epoch, which is in no checkpoint: with the ranks' bits, for the owner
// has all parameters.
void test_saved(const AppOptions& options, const Inputs& inputs,
                const std::vector<std::vector<float>>& parameters, Record& record) {
  if (inputs.data.validation.count() == 0) return;
  Baseline network(inputs.model, inputs.data, options.training);
  network.set_parameters(parameters);
  test_at_end(network, inputs.data, record);
}

}  // namespace

int run_train(const OwnerTask& task) {
  const AppOptions& options = task.options;
  const Inputs& inputs = task.inputs;
  Checkpointer* const checkpoints = task.checkpoints;
  TrainingLog log(options, steps_before(inputs, options, checkpoints));
  set_blas_threads(1);
  const Machine machine = this_machine(task.mpi_version, CPU_COUNT(&task.host_cores));
  Console console(options);
  console.setting(inputs, machine);
  if (checkpoints) console.checkpoints(checkpoints_text(options, *checkpoints));
  Owner owner(task.transport, inputs.model, inputs.data, options.training, options.session,
              std::exchange(task.identity, {}));
  const SessionFacts facts = start(owner, inputs, checkpoints);
  console.session(facts, task.transport.size());
  console.locked_memory();

  TrainingLife life(options, inputs.model, owner, console, log, checkpoints, task.wire_log);
  if (!life.run()) {
    owner.stop();
    return kExitToBeContinued;
  }
  test_at_end(owner, inputs.data, life.record);
  note_best(options, life.record);
  log.ended(life.record);
  const std::vector<std::vector<float>> parameters = owner.parameters();
  ResultFiles results(options, inputs.model);
  results.write_model(parameters);
  life.record.sha256 = parameters_sha256(parameters);
  Json report = start_report(options, inputs, machine);
  add_session(report, options, facts, task.transport.size());
  if (checkpoints) add_lives(report, *checkpoints);
  add_record(report, life.record);
  results.write_report(report);
  std::vector<RankTrace> traces;
  results.write_text(options.trace, [&] { return trace_json(traces = owner.trace()); });
  if (task.wire_log && traces.empty()) traces = owner.trace();
  results.note_problem(log.problem());
  const bool kept = life.saved_end() || !options.out.empty();

  const SessionTotals totals = results.stop(owner);
  if (task.wire_log) task.wire_log->close(options, facts, traces);
  add_totals(report, totals);
  results.write_report(report);
  console.summary(life.record, totals);
  console.refused(totals);
  console.rewinds(totals);
  console.late(totals);
  console.stats(totals);
  life.best.finish();
  results.finish();
  if (!kept) throw RunError("the finished training is in no checkpoint, and there is no --out");
  console.close();
  return kExitSuccess;
}

std::string write_finished(const AppOptions& options, const Inputs& inputs,
                           const Checkpointer& checkpoints) {
  const std::vector<std::vector<float>> parameters = checkpoints.parameters();
  ResultFiles results(options, inputs.model);
  results.write_model(parameters);
  Record record{.name = "mixnn",
                .threading = {},
                .epochs = checkpoints.epochs(),
                .sha256 = parameters_sha256(parameters)};
  test_saved(options, inputs, parameters, record);
  note_best(options, record);
  BestWeights(options, inputs.model).found_finished(record.epochs, parameters);
  Json report = start_report(options, inputs, this_machine());
  add_lives(report, checkpoints);
  add_record(report, record);
  results.write_report(report);
  results.finish();
  if (options.quiet) return {};
  return "training is finished: --checkpoint " + options.checkpoint.folder.string() +
         " holds all of its " + counted(record.epochs.size(), "epoch") +
         "; nothing was trained again\n" +
         (options.out.empty()
              ? ""
              : "  results    " + options.out.string() + ": report.json, model.safetensors\n") +
         (options.json.empty() ? "" : "  report     " + options.json.string() + "\n");
}

}  // namespace mixnn
