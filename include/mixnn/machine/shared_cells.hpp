#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "mixnn/base/cell_pool.hpp"
#include "mixnn/machine/cell_region.hpp"
#include "mixnn/machine/host_group.hpp"

namespace mixnn {

// Cells in memory that the ranks of one host share: what one rank sends another there is the cell's
// memory itself, so that it is not copied from the first seal to the last open. Each rank's pool
// lies in an anonymous file of its own (memfd), which its peers map when they first get one of its
// cells; it vanishes with the processes. A cell is given back by whoever holds it last.
//
// The ranks of one user on one host can read and change each other's memory with or without this; a
// rank that puts nonsense into what is shared ends the run (RunError) or breaks a cell, which its
// seals show.
class SharedCells {
 public:
  explicit SharedCells(HostGroup& host);  // collective over the ranks of one host
  ~SharedCells();
  SharedCells(const SharedCells&) = delete;
  SharedCells& operator=(const SharedCells&) = delete;

  // Whether every rank of the host can map the memory of every other. The same on all of them.
  bool usable() const { return usable_; }

  // This rank's pool, once. It must be gone before this object.
  std::unique_ptr<CellPool> make_pool(std::size_t cell_bytes, std::size_t capacity);
  bool owns(const CellPool& pool) const { return pool_ == &pool; }
  // Puts the cell into the inbox of the host's rank of this number. It must be one of this rank's
  // pool, or one that came from another.
  void hand_over(int number, CellBuffer cell);

  struct Arrived {
    int number = 0;  // of the sender
    CellBuffer cell;
  };
  std::optional<Arrived> take();
  bool empty() const;                        // nothing to take now
  void drop_arrived() { arrived_.clear(); }  // at the end: their homes will not miss them

  // Whether the inbox of the host's rank of this number holds as many cells as it waits for.
  bool has_mail(int number) const {
    const Desk& desk = desks_[number];
    return desk.inbox.load() != 0 && desk.came.load() >= desk.wanted.load();
  }
  // So many of this rank; one at first.
  void wait_for(std::size_t cells) {
    if (std::exchange(wanted_, cells) != cells) desks_[mine_].wanted.store(static_cast<int>(cells));
  }

 private:
  // What a rank shows the others. Stacks are pushed by anyone and emptied, whole, by the rank
  // alone.
  struct Desk {
    alignas(HostGroup::kAlignment) std::atomic<CellHandle> inbox;
    std::atomic<int> came;  // into it: for a moment too few
    std::atomic<int> wanted;
    alignas(HostGroup::kAlignment) std::atomic<CellHandle> returned;
    alignas(HostGroup::kAlignment) std::atomic<int> pid;
    std::atomic<int> descriptor;
    std::atomic<std::uint64_t> cookie;
    std::atomic<std::uint64_t> cell_bytes, capacity;  // of the pool, once it is there
  };
  class Peer;
  class Pool;

  bool probe(HostGroup& host);
  Peer* peer(std::size_t number);
  CellLink* link(CellHandle handle);
  void push(std::atomic<CellHandle>& stack, CellHandle handle);
  void take_all();

  int mine_, ranks_;
  HostArray<Desk> desks_;
  bool usable_ = false;
  CellPool* pool_ = nullptr;
  std::vector<std::unique_ptr<Peer>> peers_;  // by number, mapped as needed
  std::deque<CellHandle> arrived_;
  std::size_t wanted_ = 0;
  std::size_t known_cells_ = 0;  // of all mapped pools: no list is longer
  int descriptor_ = -1;          // of this rank's pool
};

}  // namespace mixnn
