#pragma once
#include <mpi.h>

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "mixnn/machine/mpi_doorbell.hpp"
#include "mixnn/machine/mpi_host.hpp"
#include "mixnn/machine/mpi_seats.hpp"
#include "mixnn/machine/mpi_shared_cells.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// The ranks of an MPI communicator, over a duplicate of it. Made and destroyed by all its ranks
// alike. What is under way owns its buffer until MPI has done with it. A failure of MPI is thrown
// once; afterwards MPI is not called any more.
class MpiTransport final : public Transport {
 public:
  // Without `waiting`, MpiHost chooses.
  explicit MpiTransport(MPI_Comm ranks, std::optional<Waiting> waiting = std::nullopt);
  ~MpiTransport() override;
  MpiTransport(const MpiTransport&) = delete;
  MpiTransport& operator=(const MpiTransport&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  bool on_this_host(int other) const override { return host_->number_of(other) >= 0; }

  void send_datagram(int to, ConstBytes bytes) override;
  std::optional<Datagram> poll_datagram() override;

  // In memory shared by the host's ranks, where they can share (mpi_shared_cells.hpp).
  std::unique_ptr<CellPool> make_pool(std::size_t cell_bytes, std::size_t capacity) override;
  // Posts receives: up to 32 cells of the pool, and at most a quarter of it, wait for arrivals from
  // then on. None where all that come are handed over.
  void open(CellPool& pool) override;
  void send(int to, CellBuffer cell) override;
  std::optional<Arrival> poll() override;
  void flush() override;

  void idle(bool rest) override;
  bool core_wanted() const override;
  void busy() override { idled_ = 0; }
  void run(FunctionRef<Turn()> turn) override;

  HelperPlaces helper_places() override;

  // Three steps, so that no cell is cut off on its way: a barrier; then, as nobody sends any more,
  // the sum of what was sent to each rank; then each rank takes in what is still missing, and
  // closes.
  void leave() override;
  bool all_left() override;
  void close() noexcept override;

  Waiting waiting() const { return bell_ ? Waiting::kDoorbell : Waiting::kPoll; }
  // Something was still under way when close() was called, or MPI failed: MPI must not be called
  // again but to abort.
  bool broken() const { return broken_; }

 private:
  static constexpr std::size_t kRing = 32;
  enum class Stage { kRunning, kLeaving, kDraining, kGone };
  struct Receive {
    MPI_Request request = MPI_REQUEST_NULL;
    CellBuffer cell;
  };
  struct Letter {
    MPI_Request request = MPI_REQUEST_NULL;
    std::vector<std::byte> bytes;
  };

  void must(int code, const char* doing);
  bool done(MPI_Request& request, const char* doing);
  void check_rank(int to, const char* what) const;
  void check_cell(const MPI_Status& status, int code);
  void post_receives();
  void reap_letters();
  void drain();
  void received_from(int rank);
  bool nothing_rung() const;
  void nap(Nanoseconds time);
  bool give_up(MPI_Request& request) noexcept;

  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
  bool broken_ = false;
  Stage stage_ = Stage::kRunning;

  std::vector<Letter> letters_;  // datagrams being sent

  CellPool* pool_ = nullptr;
  std::array<Receive, kRing> ring_;  // posted receives: posted_ of them from first_ on
  std::size_t ring_size_ = 0, first_ = 0, posted_ = 0;
  std::vector<MPI_Request> sending_;       // sends under way, and
  std::vector<CellBuffer> sending_cells_;  // their cells
  std::vector<int> ended_;                 // (what MPI says of those that have ended)
  std::vector<MPI_Status> ended_status_;
  std::deque<CellBuffer> to_self_;  // cells to this rank do not go through MPI

  MPI_Request leaving_ = MPI_REQUEST_NULL;  // the barrier, then the sum
  std::vector<std::uint64_t> sent_to_;      // cells, by rank
  std::uint64_t received_ = 0, expected_ = 0;

  std::optional<MpiHost> host_;
  std::optional<MpiDoorbell> bell_;
  std::optional<MpiSharedCells> shared_;  // there are such cells
  std::optional<MpiSeats> seats_;         // and ranks take turns on the cores
  bool hands_over_ = false;               // all cells come in shared memory
  bool all_ring_ = false;       // there is a bell, and whoever can send a cell can ring it
  std::uint32_t heard_ = 0;     // rings when MPI was last asked
  std::uint32_t answered_ = 0;  // rings whose cells have come
  unsigned yields_ = 0;         // how often to give the core away before sleeping
  unsigned idled_ = 0;          // calls of idle() since something happened
};

}  // namespace mixnn
