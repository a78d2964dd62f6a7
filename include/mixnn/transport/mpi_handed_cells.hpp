#pragma once
#include <memory>

#include "mixnn/machine/shared_cells.hpp"
#include "mixnn/transport/cell_carrier.hpp"
#include "mixnn/transport/mpi_host.hpp"

namespace mixnn {

// Hands cells over to ranks of this host, in memory that they share.
class MpiHandedCells final : public CellCarrier {
 public:
  MpiHandedCells(const MpiHost& host, std::unique_ptr<SharedCells> cells)
      : host_(host), cells_(std::move(cells)) {}

  std::unique_ptr<CellPool> make_pool(std::size_t cell_bytes, std::size_t capacity) override {
    return cells_->make_pool(cell_bytes, capacity);
  }
  bool reaches(int rank, const CellPool& pool) const override {
    return host_.number_of(rank) >= 0 && cells_->owns(pool);
  }
  void open(CellPool&, std::size_t ranks) override { receiving_ = ranks > 0; }
  void send(int to, CellBuffer cell) override {
    cells_->hand_over(host_.number_of(to), std::move(cell));
  }
  std::optional<Arrival> poll() override {
    std::optional<SharedCells::Arrived> handed = cells_->take();
    if (!handed) return std::nullopt;
    return Arrival{host_.rank_of(handed->number), std::move(handed->cell)};
  }
  bool receiving() const override { return receiving_; }
  void close() noexcept override { cells_->drop_arrived(); }

 private:
  const MpiHost& host_;
  std::unique_ptr<SharedCells> cells_;
  bool receiving_ = false;
};

}  // namespace mixnn
