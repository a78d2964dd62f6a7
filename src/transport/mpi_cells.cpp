#include "mixnn/transport/mpi_cells.hpp"

#include <algorithm>
#include <climits>
#include <functional>
#include <string>
#include <utility>

#include "mixnn/base/check.hpp"
#include "mixnn/transport/mpi_tags.hpp"

namespace mixnn {
void MpiCells::open(CellPool& pool, std::size_t ranks) {
  MIXNN_CHECK(pool.cell_bytes() <= INT_MAX, "cells too large for MPI");
  pool_ = &pool;
  ring_size_ = ranks == 0 ? 0 : std::clamp<std::size_t>(pool.capacity() / 4, 1, kRing);
  make_room();
}

void MpiCells::send(int to, CellBuffer cell) {
  const Bytes bytes = cell.bytes();
  MPI_Request request = MPI_REQUEST_NULL;
  calls_.must(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to, kCellTag, comm_,
                        &request),
              "sending a cell");
  sending_.push_back(request);
  sending_cells_.push_back(std::move(cell));
}

void MpiCells::flush() {
  if (sending_.empty()) return;
  ended_.resize(sending_.size());
  ended_status_.resize(sending_.size());
  int count = 0;
  const int code = MPI_Testsome(static_cast<int>(sending_.size()), sending_.data(), &count,
                                ended_.data(), ended_status_.data());
  if (code == MPI_ERR_IN_STATUS)
    for (int i = 0; i < count; ++i)
      calls_.must(ended_status_[static_cast<std::size_t>(i)].MPI_ERROR, "sending a cell");
  calls_.must(code, "sending cells");
  if (count == MPI_UNDEFINED) return;
  // From the last one down, each hole is filled by a send that is not among those that ended.
  std::sort(ended_.begin(), ended_.begin() + count, std::greater<>());
  for (int i = 0; i < count; ++i) {
    const auto hole = static_cast<std::size_t>(ended_[static_cast<std::size_t>(i)]);
    sending_[hole] = sending_.back();
    sending_.pop_back();
    if (hole + 1 < sending_cells_.size()) sending_cells_[hole] = std::move(sending_cells_.back());
    sending_cells_.pop_back();
  }
}

void MpiCells::make_room() {
  while (posted_ < ring_size_) {
    Receive& receive = ring_[(first_ + posted_) % ring_size_];
    receive.cell = pool_->take();
    if (!receive.cell) return;
    const Bytes bytes = receive.cell.bytes();
    calls_.must(MPI_Irecv(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, MPI_ANY_SOURCE,
                          kCellTag, comm_, &receive.request),
                "posting a receive");
    ++posted_;
  }
}

std::optional<Arrival> MpiCells::poll() {
  if (posted_ == 0 || !turns_.may_have_come()) return std::nullopt;
  Receive& head = ring_[first_];
  MPI_Status status;
  int flag = 0;
  const int code = MPI_Test(&head.request, &flag, &status);
  if (code == MPI_SUCCESS && flag == 0) return std::nullopt;
  Arrival arrival{status.MPI_SOURCE, std::move(head.cell)};
  first_ = (first_ + 1) % ring_size_;
  --posted_;
  if (!is_whole(status, code)) arrival.cell = {};
  make_room();
  return arrival;
}

bool MpiCells::is_whole(const MPI_Status& status, int code) {
  if (is_truncated(code)) return false;
  calls_.must(code, "receiving a cell");
  int bytes = 0;
  calls_.must(MPI_Get_count(&status, MPI_BYTE, &bytes), "measuring a cell");
  return static_cast<std::size_t>(bytes) == pool_->cell_bytes();
}

void MpiCells::close() noexcept {
  for (; posted_ > 0; --posted_) {
    Receive& receive = ring_[first_];
    calls_.give_up(receive.request, true);
    receive.cell = {};
    first_ = (first_ + 1) % ring_size_;
  }
  for (MPI_Request& request : sending_) calls_.give_up(request);
  sending_.clear();
  sending_cells_.clear();
}

}  // namespace mixnn
