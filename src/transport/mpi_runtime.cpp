#include "mixnn/transport/mpi_runtime.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "mixnn/machine/host_settings.hpp"
#include "mixnn/transport/mpi_check.hpp"
#include "mixnn/transport/mpi_settings.hpp"
#include "mixnn/transport/mpi_transport.hpp"

namespace mixnn {

struct MpiRuntime::State {
  std::optional<MpiTransport> transport;
};

void check_mpi_environment() { check_host_environment(); }

MpiRuntime::MpiRuntime() : state_(std::make_unique<State>()) {
  set_mpi_defaults();
  int provided = MPI_THREAD_SINGLE;
  mpi_check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "starting");
  mpi_check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN),
            "setting the error handler");
  state_->transport.emplace(MPI_COMM_WORLD);
}

MpiRuntime::~MpiRuntime() {
  // With something still under way, or other ranks that do not know, MPI_Finalize could wait for
  // ever: the process then ends without it, and mpirun ends the others.
  state_->transport->close();
  const bool clean = !state_->transport->broken() && std::uncaught_exceptions() == 0;
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

std::optional<MpiRuntime::Failure> MpiRuntime::agree(std::optional<Failure> mine) {
  const int fails = mine ? 1 : 0;
  std::vector<int> failing(static_cast<std::size_t>(size()));
  mpi_check(MPI_Allgather(&fails, 1, MPI_INT, failing.data(), 1, MPI_INT, MPI_COMM_WORLD),
            "agreeing");
  int lowest = 0;
  while (lowest < size() && failing[static_cast<std::size_t>(lowest)] == 0) ++lowest;
  if (lowest == size()) return std::nullopt;

  Failure failure;
  if (lowest == rank()) failure = *mine;
  failure.rank = lowest;
  std::array<int, 2> head{failure.exit_code, static_cast<int>(failure.text.size())};
  mpi_check(MPI_Bcast(head.data(), 2, MPI_INT, lowest, MPI_COMM_WORLD), "agreeing");
  failure.exit_code = head[0];
  failure.text.resize(static_cast<std::size_t>(head[1]));
  mpi_check(MPI_Bcast(failure.text.data(), head[1], MPI_CHAR, lowest, MPI_COMM_WORLD), "agreeing");
  return failure;
}

void MpiRuntime::abort(int exit_code) {
  std::fflush(nullptr);
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

}  // namespace mixnn
