#include "mixnn/app/job.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/app/checkpoints.hpp"
#include "mixnn/app/commands/train.hpp"
#include "mixnn/app/cpu_set.hpp"
#include "mixnn/app/identities.hpp"
#include "mixnn/app/inputs.hpp"
#include "mixnn/app/launcher.hpp"
#include "mixnn/app/log/wire_recorder.hpp"
#include "mixnn/app/memory_limit.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/restart.hpp"
#include "mixnn/app/stop_signal.hpp"
#include "mixnn/base/background.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/exit_code.hpp"
#include "mixnn/node/node.hpp"
#include "mixnn/owner/rank_trace.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/tensor/subnormals.hpp"

namespace mixnn {
namespace {

// Prints the text where it belongs. Returns the exit code, which is another if what was asked for
// cannot be written.
int print(int exit_code, const std::string& text) {
  if (exit_code != 0) {
    print_error(text);
    return exit_code;
  }
  print_lines(text);
  try {
    check_printed();
    return 0;
  } catch (const RunError& error) {
    print_error(error.what());
    return kExitRunFailed;
  }
}

bool on_one_host(const Transport& transport) {
  for (int rank = 0; rank < transport.size(); ++rank)
    if (!transport.on_this_host(rank)) return false;
  return true;
}

// The ranks' clocks are known by the questions for a trace: some are asked, though the trace itself
// is not wanted.
void measure_clocks(AppOptions& options) {
  constexpr std::size_t kEvents = 1000;
  options.session.trace_events = std::max(options.session.trace_events, kEvents);
}

// Of this rank; null if none is wanted.
std::unique_ptr<WireRecorder> open_wire_log(const AppOptions& options, Transport& transport) {
  if (options.wire_log.empty()) return nullptr;
  return std::make_unique<WireRecorder>(options.wire_log, transport);
}

}  // namespace

int Job::run(int argc, const char* const* argv) {
  keep_streams();
  restart_with_better_blas_core(const_cast<char**>(argv));
  {
    const MemoryLimitGuard guard;
    flush_subnormals();
    guard.try_blas();
  }
  std::variant<AppOptions, Notice> parsed = parse_options(argc, argv);
  if (const auto* notice = std::get_if<Notice>(&parsed)) return leave(0, notice->text);
  auto& options = std::get<AppOptions>(parsed);
  timeout_ = options.session.timeout;
  return std::visit([&](const auto& how) { return run(how, options); },
                    find_command(options.command).runs);
}

int Job::run(const Tells& how, AppOptions& options) { return leave(0, how.text(options)); }

int Job::run(const RunsAlone& how, AppOptions& options) {
  if (may_have_peers())
    throw UsageError(options.command + " is a single process: start it without mpirun");
  how.run(options);
  return 0;
}

// Rank 0 is the owner's, whatever command the other ranks were given.
int Job::run(const RunsAsNode&, AppOptions& options) {
  if (!join())
    throw UsageError(
        "a node cannot be rank 0, which is the owner's: mpirun -n 1 mixnn train MODEL : -n 7 mixnn "
        "node");
  return serve(options);
}

int Job::run(const RunsAsOwner& how, AppOptions& options) {
  if (how.run_alone != nullptr && !may_have_peers()) {
    how.run_alone(options);
    return 0;
  }
  if (join()) return serve(options);

  RoundPace& pace = options.session.pace;
  pace.crowded = pace.is_on() && !(mpi_ && transport().core_for_each());
  Inputs inputs = how.load(options, mpi_ ? mpi_->size() : 1);
  std::unique_ptr<Checkpointer> checkpoints;
  const bool may_save = (find_command(options.command).takes & kForCheckpoints) != 0;
  if (may_save && !options.checkpoint.folder.empty()) {
    remember_ends();
    checkpoints = open_checkpoints(options, inputs);
    draw_validation(inputs, options);
    for (const std::string& note : checkpoints->take_notes()) print_error(note);
    if (checkpoints->finished()) return leave(0, write_finished(options, inputs, *checkpoints));
  } else {
    draw_validation(inputs, options);
  }
  if (!mpi_) mpi_ = std::make_unique<MpiRuntime>(timeout_);
  for (const auto& [option, path] :
       {std::pair("--trace", &options.trace), std::pair("--wire-log", &options.wire_log)})
    if (!path->empty() && !options.insecure_trace) check_trace_is_private(transport(), option);
  OwnerIdentity identity = owner_identity(options, on_one_host(transport()));
  if (!options.wire_log.empty() && !on_one_host(transport())) measure_clocks(options);
  std::optional<JobHosts> hosts;
  if (how.measures_hosts) hosts = mpi_->measure_hosts();
  if (const auto refused = start_refused()) return *refused;
  const auto wire_log = open_wire_log(options, transport());
  int exit_code = 0;
  const auto run = [&] {
    exit_code = how.run({options, inputs, checkpoints.get(),
                         wire_log ? wire_log->transport() : transport(), mpi_->library_version(),
                         mpi_->host_cores(), identity, wire_log.get(), hosts ? &*hosts : nullptr});
  };
  if (options.session.pace.is_on() && transport().core_for_each())
    run_in_background(run);  // its rounds have a thread of their own
  else
    run();
  return part(exit_code);
}

// The ranks meet, and part with the text.
int Job::run(const LooksAtHosts& how, AppOptions& options) {
  if (!may_have_peers()) {
    how.run_alone(options);
    return 0;
  }
  if (join()) {
    const auto refused = start_refused();
    return refused ? *refused : part(0);
  }
  const std::optional<JobHosts> hosts = mpi_->measure_hosts();
  const HostCpuSet cpus(mpi_->host_cores());
  return leave(0, hosts ? how.text(options, *hosts) : "");
}

// Joins the job; whether this process is another rank than the first.
bool Job::join() {
  remember_stop_signals();
  check_mpi_environment();
  if (may_have_peers()) mpi_ = std::make_unique<MpiRuntime>(timeout_);
  return mpi_ && mpi_->rank() != 0;
}

int Job::serve(const AppOptions& options) {
  NodeIdentity identity = node_identity(options);
  if (const auto refused = start_refused()) return *refused;
  ignore_stop_signals();
  set_blas_threads(1);
  const auto wire_log = open_wire_log(options, transport());
  if (wire_log) {
    serve_node(wire_log->transport(), std::exchange(identity, {}), wire_log->handed_out(),
               wire_log->said());
    wire_log->close();
  } else {
    serve_node(transport(), std::exchange(identity, {}));
  }
  return part(0);
}

// What the job was for is done: whoever does not leave costs nothing but the wait for it.
int Job::part(int exit_code) {
  const std::optional<std::string> trouble = mpi_->part(exit_code);
  if (!trouble) return exit_code;
  print_error(*trouble);
  mpi_->abort(exit_code);
}

Transport& Job::transport() {
  if (over_ && !above_) above_ = over_(mpi_->transport());
  return above_ ? *above_ : mpi_->transport();
}

std::optional<int> Job::start_refused() {
  started_ = true;  // even if not: a rank that says nothing is not to be asked again
  const auto failure = mpi_->agree(std::nullopt);
  if (failure) return failure->exit_code;
  return std::nullopt;
}

int Job::leave(int exit_code, const std::string& text) {
  if (started_ || !may_have_peers()) {
    exit_code = print(exit_code, text);
    if (started_ && exit_code != 0) mpi_->abort(exit_code);
    return exit_code;
  }
  if (!mpi_) mpi_ = std::make_unique<MpiRuntime>(timeout_);
  std::optional<MpiRuntime::Failure> failure;
  try {
    failure = mpi_->agree(MpiRuntime::Failure{mpi_->rank(), exit_code, text});
  } catch (const RunError&) {  // others do not come: this is the message that matters
    mpi_->abort(print(exit_code, text));
  }
  return failure->rank == mpi_->rank() ? print(failure->exit_code, failure->text)
                                       : failure->exit_code;
}

}  // namespace mixnn
