#pragma once
#include <mpi.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "mixnn/machine/host_ways.hpp"
#include "mixnn/transport/cell_carrier.hpp"
#include "mixnn/transport/mpi_check.hpp"
#include "mixnn/transport/mpi_host.hpp"
#include "mixnn/transport/mpi_letters.hpp"
#include "mixnn/transport/mpi_strays.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// The ranks of an MPI communicator, over a duplicate of it. Made and destroyed by all its ranks
// alike. A failure of MPI is thrown once; afterwards MPI is not called any more. Each cell goes by
// the first carrier that reaches its rank: handed over in memory that the host's ranks share, if
// they can share it and the pool lies there; else copied by MPI.
class MpiTransport final : public Transport {
 public:
  // Without `waiting`, the environment and the host decide (host_ways.hpp).
  explicit MpiTransport(MPI_Comm ranks, std::optional<Waiting> waiting = std::nullopt);
  ~MpiTransport() override;
  MpiTransport(const MpiTransport&) = delete;
  MpiTransport& operator=(const MpiTransport&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  bool on_this_host(int other) const override { return host_.number_of(other) >= 0; }
  const std::vector<int>& first_on_host() const { return first_on_host_; }  // by rank
  int first_on_host_of(int other) const override {
    return first_on_host_[static_cast<std::size_t>(other)];
  }
  bool core_for_each() const override { return core_for_each_; }
  Turns& turns() override { return *turns_; }
  Refusals& refusals() override { return refusals_; }
  const cpu_set_t& host_cores() const { return host_cores_; }  // that this host's ranks can use
  const MpiHost& host() const { return host_; }

  void send_datagram(int to, ConstBytes bytes) override;
  std::optional<Datagram> poll_datagram() override;

  // In memory shared by the host's ranks, where they can share (shared_cells.hpp).
  std::unique_ptr<CellPool> make_pool(std::size_t cell_bytes, std::size_t capacity) override;
  // Posts receives: up to 32 cells of the pool, and at most a quarter of it, wait for arrivals from
  // then on. None where all that come are handed over.
  void open(CellPool& pool) override;
  void send(int to, CellBuffer cell) override;
  std::optional<Arrival> poll() override;
  void flush() override;

  bool all_sent() override;
  void close() noexcept override;

  // Something was still under way when close() was called, or MPI failed: MPI must not be called
  // again but to abort.
  bool broken() const { return calls_.broken(); }

 private:
  void check_rank(int to, const char* what) const;
  void drop_strays();
  bool sending() const;
  UnderWay under_way() const;

  MpiCalls calls_;
  MPI_Comm comm_;
  int rank_, size_;
  Refusals refusals_;
  MpiHost host_;
  MpiLetters letters_;
  MpiStrays strays_;
  unsigned looks_ = 0;
  bool flooded_ = false;  // there were more strays at the last look

  std::vector<std::unique_ptr<CellCarrier>> carriers_;  // the best first
  std::unique_ptr<HostTurns> turns_;
  cpu_set_t host_cores_{};
  std::vector<int> first_on_host_;  // by rank
  bool core_for_each_ = false;
  CellPool* pool_ = nullptr;
  std::vector<CellCarrier*> carrier_to_;  // by rank, once there is a pool
  std::deque<CellBuffer> to_self_;        // cells to this rank need no carrier
};

}  // namespace mixnn
