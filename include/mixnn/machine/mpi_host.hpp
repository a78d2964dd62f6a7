#pragma once
#include <mpi.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace mixnn {

// How a rank waits for cells.
enum class Waiting {
  kPoll,      // asks MPI again and again, and gives the core away in between
  kDoorbell,  // sleeps on a word in memory shared by the ranks of the host, and asks MPI only when
              // it was rung
};

// Throws UsageError where MIXNN_WAIT, MIXNN_CELLS or MIXNN_HELPERS says something else than they
// take. Needs no MPI; what is wrong counts as not set below.
void check_mpi_host_environment();

// The ranks of a communicator that run on this rank's host.
class MpiHost {
 public:
  explicit MpiHost(MPI_Comm ranks);  // collective
  MpiHost(const MpiHost&) = delete;
  MpiHost& operator=(const MpiHost&) = delete;

  MPI_Comm comm() const { return comm_; }
  int ranks() const { return ranks_; }
  // Cores that one or more of the host's ranks may run on.
  int cores() const { return cores_; }
  // Every rank of the communicator is here.
  bool has_all() const { return static_cast<std::size_t>(ranks_) == number_.size(); }
  // The number, among the host's ranks, of a rank of the communicator; -1 where it is elsewhere.
  int number_of(int rank) const { return number_[static_cast<std::size_t>(rank)]; }

  // The communicator's rank that is the host's rank of this number.
  int rank_of(int number) const { return rank_[static_cast<std::size_t>(number)]; }

  // The doorbell where ranks must share cores, else polling. The environment of the host's first
  // rank overrides it: MIXNN_WAIT=doorbell or MIXNN_WAIT=poll. The same on all ranks of the host;
  // hosts may differ. Collective.
  Waiting choose_waiting() const;

  // Whether cells are to be handed over in shared memory where that is possible; MIXNN_CELLS=shared
  // (the default) or MIXNN_CELLS=copied in the environment of the host's first rank. Collective.
  bool choose_sharing() const;

  // How many helpers a rank's computing may have (crew.hpp): MIXNN_HELPERS in the environment of
  // the host's first rank, by default 3.
  std::size_t most_helpers() const { return most_helpers_; }
  // Of them, how many have a core that no other rank uses: with cores that ranks share, and more of
  // them than ranks, each rank has its share.
  std::size_t own_helpers() const {
    return std::min(most_helpers_, own_cores_ > 0 ? own_cores_ - 1 : 0);
  }

  void free() noexcept;  // collective

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
  int ranks_ = 1, cores_ = 1;
  std::size_t own_cores_ = 1, most_helpers_ = 0;
  std::vector<int> number_, rank_;
};

}  // namespace mixnn
