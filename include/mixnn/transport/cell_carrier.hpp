#pragma once
#include <cstddef>
#include <memory>
#include <optional>

#include "mixnn/base/cell_pool.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// One way of carrying cells to some of the other ranks, and from them.
class CellCarrier {
 public:
  virtual ~CellCarrier() = default;

  // A pool whose cells this carries best; none if any pool will do.
  virtual std::unique_ptr<CellPool> make_pool(std::size_t /*cell_bytes*/,
                                              std::size_t /*capacity*/) {
    return nullptr;
  }
  // Whether it can carry cells of this pool to that rank.
  virtual bool reaches(int rank, const CellPool& pool) const = 0;

  // From now on it carries cells of this pool: for so many ranks.
  virtual void open(CellPool& pool, std::size_t ranks) = 0;
  virtual void send(int to, CellBuffer cell) = 0;
  // Gives back the cells whose sending has ended.
  virtual void flush() {}
  // Makes room for arrivals.
  virtual void make_room() {}
  // Without a cell if what came was none, but something of another size.
  virtual std::optional<Arrival> poll() = 0;

  virtual bool receiving() const = 0;                // there is room for arrivals
  virtual bool sending() const { return false; }     // a send goes on only while this is called
  virtual bool only_shared() const { return true; }  // arrivals come in shared memory, if at all

  // Every cell that it still holds goes back.
  virtual void close() noexcept = 0;
};

}  // namespace mixnn
