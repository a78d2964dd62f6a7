#pragma once
#include <sched.h>

#include <memory>
#include <optional>
#include <string>

#include "mixnn/base/clock.hpp"
#include "mixnn/transport/job_hosts.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// Throws UsageError where the environment asks for ways to wait or to hand cells on that there are
// not. Before MPI starts.
void check_mpi_environment();

// MPI for the life of the object: MPI_Init with the settings that the cell path needs (each only
// where the user's environment does not set it), MPI_Finalize at the end. At most one, in main's
// thread. How ranks wait is chosen by the number of ranks and cores; MIXNN_WAIT=doorbell or
// MIXNN_WAIT=poll overrides it (host_ways.hpp). Where an exception leaves its scope, or a cell is
// still under way, it does not wait for the others: the process ends without MPI_Finalize, and
// mpirun ends the job.
class MpiRuntime {
 public:
  // Rank 0 waits for no other rank longer than the timeout. The others wait for rank 0 as long as
  // it takes, for it ends the job if it waits in vain; but MPI_Init and MPI_Finalize, where all
  // wait for all, have the timeout, too (Watchdog): some seconds more at other ranks than 0, so
  // that one of them speaks.
  explicit MpiRuntime(Nanoseconds timeout = std::chrono::seconds(60));
  ~MpiRuntime();
  MpiRuntime(const MpiRuntime&) = delete;
  MpiRuntime& operator=(const MpiRuntime&) = delete;

  int rank() const;
  int size() const;
  std::string library_version() const;
  // The cores of this host that one or more of its ranks can use (machine/cores.hpp).
  const cpu_set_t& host_cores() const;

  // At rank 0, once, before it agrees: the hosts of the job, and how fast the links between them
  // are. The others take part while they agree. Nothing if one of them cannot go on; where all
  // share a host, nothing is measured.
  std::optional<JobHosts> measure_hosts();

  // Collective, once, before anything else: each rank says whether it can go on. Where one or more
  // cannot, every rank gets the failure of the lowest of them, so that one rank prints one message
  // and all leave with its exit code.
  struct Failure {
    int rank = 0;
    int exit_code = 0;
    std::string text;
  };
  std::optional<Failure> agree(std::optional<Failure> mine);

  // Collective, once, at the end of a job that went well, when all that this rank has sent has
  // gone: closes the transport, and ends when all ranks have come to it. What there is to say if
  // some do not: then abort() with the exit code, which this process returns in any case.
  std::optional<std::string> part(int exit_code);

  // The transport over MPI_COMM_WORLD. It lives as long as the runtime.
  Transport& transport();

  // Ends the whole job at once.
  [[noreturn]] void abort(int exit_code);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mixnn
