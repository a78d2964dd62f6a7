#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "mixnn/base/random.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// All ranks of a job in one process and one thread, deterministically, with faults on demand. Cells
// are copied from the sender's pool to the receiver's, as a network would.
class LoopbackNetwork {
 public:
  // What happens to a cell on its way. The hook may change the bytes and the destination, too.
  enum class Fate { kDeliver, kDrop, kDuplicate };
  struct Wire {
    int from = 0, to = 0;
    Bytes cell;
    std::uint64_t number = 0;  // of the cell, counted over all links from 0
  };
  using CellHook = std::function<Fate(Wire&)>;

  explicit LoopbackNetwork(int ranks, std::uint64_t seed = 0);
  ~LoopbackNetwork();

  Transport& at(int rank);
  // On which host each rank runs from now on, by any numbers. If it is not called, all run on one.
  void place(std::vector<int> hosts) { hosts_ = std::move(hosts); }
  void on_cell(CellHook hook) { hook_ = std::move(hook); }
  // A message that rank `from` sends without being asked: it is neither counted nor seen by the
  // hook.
  void inject(int from, int to, ConstBytes message);
  // Links deliver cells in random order (still each exactly once) instead of first in, first out.
  void reorder(bool on) { reorder_ = on; }
  // What rank 0 runs while it waits: one round of the other ranks.
  void pump(std::function<void()> others) { pump_ = std::move(others); }

  std::uint64_t cells_sent() const { return cells_; }
  bool quiet() const;  // nothing is under way

 private:
  class PumpTurns;
  class Port;
  void carry(int from, int to, CellBuffer cell);

  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<int> hosts_;  // by rank
  CellHook hook_;
  std::function<void()> pump_;
  CounterRng rng_;
  bool reorder_ = false;
  std::uint64_t cells_ = 0;
};

}  // namespace mixnn
