#include "mixnn/app/commands/compare.hpp"

#include <optional>
#include <utility>

#include "mixnn/app/commands/baseline.hpp"
#include "mixnn/app/cpu_set.hpp"
#include "mixnn/app/job_machines.hpp"
#include "mixnn/app/log/training_log.hpp"
#include "mixnn/app/log/wire_recorder.hpp"
#include "mixnn/app/report/console.hpp"
#include "mixnn/app/report/progress.hpp"
#include "mixnn/app/report/report.hpp"
#include "mixnn/app/report/result_files.hpp"
#include "mixnn/app/report/stats.hpp"
#include "mixnn/app/report/trace_file.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/exit_code.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/owner/owner.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/train/baseline.hpp"
#include "mixnn/train/thread_choice.hpp"

namespace mixnn {
namespace {

// Rank 0 alone on the machine: the nodes sleep outside the transport, and every core of the host's
// ranks is free.
template <class Work>
void alone(Owner& owner, const cpu_set_t& host, const Work& work) {
  owner.pause();
  {
    const HostCpuSet cpus(host);
    work();
  }
  set_blas_threads(1);
  owner.resume();
}

class Contest {
 public:
  Contest(const AppOptions& options, const Inputs& inputs, Owner& owner, Console& console,
          const cpu_set_t& host, WireRecorder* wire_log)
      : options_(options),
        inputs_(inputs),
        owner_(owner),
        console_(console),
        host_(host),
        wire_log_(wire_log),
        log_(options) {}

  void run();
  void report(Json& report) const;
  void print(const std::optional<Bound>& bound) const {
    console_.comparison(result(), bound, baseline_, reference_, mixnn_);
  }
  // Only where the hosts have been measured.
  std::optional<Bound> bound(const SessionTotals& totals, const JobHosts* hosts) const {
    if (hosts == nullptr) return std::nullopt;
    return bound_of(totals.ranks, baseline_, mixnn_, *hosts, links_of_epoch(*hosts));
  }
  Comparison result() const { return compare(baseline_, reference_, mixnn_); }
  const std::vector<std::vector<float>>& parameters() const { return parameters_; }
  const TrainingLog& log() const { return log_; }

 private:
  void prepare();
  LinkBounds links_of_epoch(const JobHosts& hosts) const;
  template <class Trainer>
  void turn(Trainer& trainer, std::uint32_t epoch, Record& record);

  const AppOptions& options_;
  const Inputs& inputs_;
  Owner& owner_;
  Console& console_;
  const cpu_set_t host_;
  WireRecorder* wire_log_;  // null: none
  TrainingLog log_;
  ProgressLine progress_{options_.quiet ? Terminal() : Terminal::of_stdout(),
                         options_.training.epochs,
                         {"baseline", "reference", "mixnn"}};
  Record baseline_{.name = "baseline"}, reference_{.name = "reference"}, mixnn_{.name = "mixnn"};
  std::optional<Baseline> fastest_, same_;
  std::vector<std::vector<float>> parameters_;
};

void Contest::prepare() {
  const TrainingOptions whole = options_.training.in_one_process();
  progress_.show("finding the baseline's fastest threads");
  baseline_.threading =
      fastest_threading(inputs_.model, inputs_.data, whole, thread_counts(options_));
  progress_.clear();
  fastest_.emplace(inputs_.model, inputs_.data, whole, baseline_.threading);
  same_.emplace(inputs_.model, inputs_.data, options_.training);
  if (!inputs_.weights.empty())
    for (std::optional<Baseline>* trainer : {&fastest_, &same_})
      (*trainer)->set_parameters(inputs_.weights);
}

template <class Trainer>
void Contest::turn(Trainer& trainer, std::uint32_t epoch, Record& record) {
  ProgressHook steps = log_.steps(record.name, epoch, progress_.begin(record.name, epoch));
  if (wire_log_ && &record == &mixnn_) steps = wire_log_->steps(std::move(steps));
  train_and_test(trainer, epoch, steps, record);
  log_.epoch_ended(record);
  progress_.clear();
  console_.table_row(epoch, record, true);
}

void Contest::run() {
  for (std::uint32_t epoch = 0; epoch < options_.training.epochs; ++epoch) {
    alone(owner_, host_, [&] {
      if (epoch == 0) {
        prepare();
        console_.contenders(baseline_);
        console_.table_head(true);
      }
      turn(*fastest_, epoch, baseline_);
      turn(*same_, epoch, reference_);
    });
    turn(owner_, epoch, mixnn_);
  }
  if (inputs_.data.validation.count() > 0) {
    alone(owner_, host_, [&] {
      test_at_end(*fastest_, inputs_.data, baseline_);
      test_at_end(*same_, inputs_.data, reference_);
    });
    test_at_end(owner_, inputs_.data, mixnn_);
    for (const Record* record : {&baseline_, &reference_, &mixnn_}) log_.ended(*record);
  }
  parameters_ = owner_.parameters();
  baseline_.sha256 = parameters_sha256(fastest_->parameters());
  reference_.sha256 = parameters_sha256(same_->parameters());
  mixnn_.sha256 = parameters_sha256(parameters_);
}

LinkBounds Contest::links_of_epoch(const JobHosts& hosts) const {
  const auto steps = static_cast<double>(
      steps_per_epoch(inputs_.data.train.count(), options_.training.batch_size));
  LinkBounds links = link_bounds({inputs_.model, options_.training, options_.session,
                                  hosts.host_of_rank.size(), machines_of(hosts)});
  links.busiest *= steps;
  links.chain *= steps;
  links.schedule *= steps;
  links.bytes *= steps;
  return links;
}

void Contest::report(Json& report) const {
  for (const Record* record : {&baseline_, &reference_, &mixnn_}) add_record(report, *record);
  add_comparison(report, result());
}

}  // namespace

int run_compare(const OwnerTask& task) {
  const AppOptions& options = task.options;
  const Inputs& inputs = task.inputs;
  set_blas_threads(1);
  const Machine machine = this_machine(task.mpi_version, CPU_COUNT(&task.host_cores));
  Console console(options);
  console.setting(inputs, machine);
  Owner owner(task.transport, inputs.model, inputs.data, options.training, options.session,
              std::exchange(task.identity, {}));
  const SessionFacts facts = start(owner, inputs);
  console.session(facts, task.transport.size());

  Contest contest(options, inputs, owner, console, task.host_cores, task.wire_log);
  contest.run();
  ResultFiles results(options, inputs.model);
  results.write_model(contest.parameters());
  Json report = start_report(options, inputs, machine);
  add_session(report, options, facts, task.transport.size());
  contest.report(report);
  results.write_report(report);
  std::vector<RankTrace> traces;
  results.write_text(options.trace, [&] { return trace_json(traces = owner.trace()); });
  if (task.wire_log && traces.empty()) traces = owner.trace();
  results.note_problem(contest.log().problem());

  const SessionTotals totals = results.stop(owner);
  if (task.wire_log) task.wire_log->close(options, facts, traces);
  const std::optional<Bound> bound = contest.bound(totals, task.hosts);
  add_totals(report, totals);
  if (bound) add_bound(report, *bound);
  results.write_report(report);
  contest.print(bound);
  console.refused(totals);
  console.rewinds(totals);
  console.late(totals);
  console.stats(totals);
  results.finish();
  if (!contest.result().bit_identical)
    throw RunError(
        "the trained parameters differ from the reference's: this should not happen; please report "
        "it");
  console.close();
  return kExitSuccess;
}

}  // namespace mixnn
