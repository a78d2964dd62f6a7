#include "mixnn/transport/mpi_runtime.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "mixnn/base/text.hpp"
#include "mixnn/base/watchdog.hpp"
#include "mixnn/machine/host_settings.hpp"
#include "mixnn/transport/mpi_check.hpp"
#include "mixnn/transport/mpi_link_probe.hpp"
#include "mixnn/transport/mpi_roll_call.hpp"
#include "mixnn/transport/mpi_settings.hpp"
#include "mixnn/transport/mpi_transport.hpp"

namespace mixnn {
namespace {

constexpr Nanoseconds kLauncherPatience = std::chrono::seconds(10);

// As the launcher says; before MPI_Init nobody else does.
int told_rank() {
  for (const char* const name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"})
    if (const char* const rank = std::getenv(name)) return std::atoi(rank);
  return 0;
}

// One message is enough: the other ranks are later, and are ended meanwhile, which takes mpirun a
// second or two.
Nanoseconds patience(Nanoseconds timeout) {
  return timeout + std::chrono::seconds(3) * std::clamp(told_rank(), 0, 10);
}

// A rank that ends without MPI_Finalize would make mpirun say that the job failed. This does not,
// if the job's work is done. It may be called while MPI_Finalize waits in another thread: all that
// it does is to tell mpirun.
void end_job(int exit_code) {
  const Watchdog ending(kLauncherPatience, "the launcher does not end the job", exit_code);
  MPI_Abort(MPI_COMM_WORLD, exit_code);
}

std::string within(Nanoseconds timeout) {
  return text(" within the timeout of %g s", seconds(timeout));
}

}  // namespace

struct MpiRuntime::State {
  Nanoseconds timeout;
  int exit_code = 1;  // of a process whose peers do not end MPI
  std::optional<MpiTransport> transport;
  std::optional<MpiRollCall> roll_call;

  std::size_t cores() const {
    return static_cast<std::size_t>(CPU_COUNT(&transport->host_cores()));
  }
  MpiLinkProbe link_probe() const { return {transport->first_on_host(), cores(), timeout}; }
};

void check_mpi_environment() { check_host_environment(); }

MpiRuntime::MpiRuntime(Nanoseconds timeout) : state_(std::make_unique<State>()) {
  state_->timeout = timeout;
  set_mpi_defaults();
  const Watchdog joining(
      patience(timeout),
      text("rank %d: not all ranks of the job came to MPI_Init", told_rank()) + within(timeout), 1);
  int provided = MPI_THREAD_SINGLE;
  mpi_check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "starting");
  mpi_check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN),
            "setting the error handler");
  state_->transport.emplace(MPI_COMM_WORLD);
  state_->roll_call.emplace(timeout);
}

MpiRuntime::~MpiRuntime() {
  // With something still under way, or other ranks that do not know, MPI_Finalize could wait for
  // ever: the process then ends without it, and mpirun ends the others.
  state_->transport->close();
  const bool clean = !state_->transport->broken() && std::uncaught_exceptions() == 0;
  const Watchdog parting(patience(state_->timeout),
                         text("rank %d: not all ranks of the job came to MPI_Finalize", rank()) +
                             within(state_->timeout) + "; its own work is done",
                         state_->exit_code, end_job);
  state_->transport.reset();
  if (clean) MPI_Finalize();
}

int MpiRuntime::rank() const { return state_->transport->rank(); }
int MpiRuntime::size() const { return state_->transport->size(); }
Transport& MpiRuntime::transport() { return *state_->transport; }

const cpu_set_t& MpiRuntime::host_cores() const { return state_->transport->host_cores(); }

std::string MpiRuntime::library_version() const {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING + 1> text{};
  int length = 0;
  mpi_check(MPI_Get_library_version(text.data(), &length), "asking for the version");
  const std::string version(text.data(), static_cast<std::size_t>(length));
  return version.substr(0, version.find(','));
}

std::optional<JobHosts> MpiRuntime::measure_hosts() {
  if (state_->transport->host().has_all())
    return JobHosts{std::vector<std::size_t>(static_cast<std::size_t>(size())), {state_->cores()}};
  if (!state_->roll_call->question()) return std::nullopt;
  return state_->link_probe().measure();
}

std::optional<MpiRuntime::Failure> MpiRuntime::agree(std::optional<Failure> mine) {
  MpiRollCall::Word word;
  if (mine) word = {false, mine->rank, mine->exit_code, mine->text};
  word = state_->roll_call->agree(word, [this] { state_->link_probe().answer(); });
  if (word.goes_on) return std::nullopt;
  state_->exit_code = word.exit_code;
  return Failure{word.rank, word.exit_code, word.text};
}

std::optional<std::string> MpiRuntime::part(int exit_code) {
  state_->exit_code = exit_code;
  state_->transport->close();
  constexpr const char* kDone = "; the job's work is done, and it ends without waiting longer";
  const std::vector<int> missing = state_->roll_call->part();
  if (!missing.empty())
    return ranks_text(missing) + " did not leave" + within(state_->timeout) + kDone;
  if (state_->transport->broken())
    return text("rank %d: something that it has sent was never taken", rank()) + kDone;
  return std::nullopt;
}

void MpiRuntime::abort(int exit_code) {
  std::fflush(nullptr);
  end_job(exit_code);
  std::_Exit(exit_code);
}

}  // namespace mixnn
