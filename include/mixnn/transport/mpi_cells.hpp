#pragma once
#include <mpi.h>

#include <array>
#include <cstddef>
#include <vector>

#include "mixnn/machine/host_turns.hpp"
#include "mixnn/transport/cell_carrier.hpp"
#include "mixnn/transport/mpi_check.hpp"

namespace mixnn {

// Copies cells from rank to rank, by messages of MPI. What is under way owns its buffer until MPI
// has done with it.
class MpiCells final : public CellCarrier {
 public:
  // MPI is asked for arrivals only if `turns` says that some may have come.
  MpiCells(MpiCalls& calls, MPI_Comm comm, const HostTurns& turns)
      : calls_(calls), comm_(comm), turns_(turns) {}

  bool reaches(int, const CellPool&) const override { return true; }
  void open(CellPool& pool, std::size_t ranks) override;
  void send(int to, CellBuffer cell) override;
  void flush() override;
  void make_room() override;
  std::optional<Arrival> poll() override;
  bool receiving() const override { return posted_ > 0; }
  bool sending() const override { return !sending_.empty(); }
  bool only_shared() const override { return ring_size_ == 0; }
  void close() noexcept override;

 private:
  static constexpr std::size_t kRing = 32;
  struct Receive {
    MPI_Request request = MPI_REQUEST_NULL;
    CellBuffer cell;
  };
  bool is_whole(const MPI_Status& status, int code);

  MpiCalls& calls_;
  MPI_Comm comm_;
  const HostTurns& turns_;
  CellPool* pool_ = nullptr;
  std::array<Receive, kRing> ring_;  // posted receives: posted_ of them from first_ on
  std::size_t ring_size_ = 0, first_ = 0, posted_ = 0;
  std::vector<MPI_Request> sending_;       // sends under way, and
  std::vector<CellBuffer> sending_cells_;  // their cells
  std::vector<int> ended_;                 // (what MPI says of those that have ended)
  std::vector<MPI_Status> ended_status_;
};

}  // namespace mixnn
