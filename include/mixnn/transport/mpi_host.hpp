#pragma once
#include <mpi.h>

#include <cstddef>
#include <vector>

#include "mixnn/machine/host_group.hpp"

namespace mixnn {

// The ranks of a communicator that run on this rank's host.
class MpiHost final : public HostGroup {
 public:
  explicit MpiHost(MPI_Comm ranks);  // collective
  MpiHost(const MpiHost&) = delete;
  MpiHost& operator=(const MpiHost&) = delete;

  // Every rank of the communicator is here.
  bool has_all() const { return rank_.size() == number_.size(); }
  // The number, among the host's ranks, of a rank of the communicator; -1 where it is elsewhere.
  int number_of(int rank) const { return number_[static_cast<std::size_t>(rank)]; }
  // The communicator's rank that is the host's rank of this number.
  int rank_of(int number) const { return rank_[static_cast<std::size_t>(number)]; }

  int number() const override { return mine_; }
  int count() const override { return static_cast<int>(rank_.size()); }
  void barrier(const char* doing) override;
  void broadcast(Bytes bytes, const char* doing) override;
  void gather(ConstBytes mine, Bytes all, const char* doing) override;
  std::byte* share(std::size_t bytes, const char* doing) override;

  // Gives back all that was shared. Collective, and the last call.
  void free() noexcept;

 private:
  void find_numbers(MPI_Comm ranks);

  MPI_Comm comm_ = MPI_COMM_NULL;
  int mine_ = 0;
  std::vector<int> number_, rank_;
  std::vector<MPI_Win> windows_;
};

}  // namespace mixnn
