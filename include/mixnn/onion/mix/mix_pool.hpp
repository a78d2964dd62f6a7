#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/base/cell_pool.hpp"
#include "mixnn/base/clock.hpp"
#include "mixnn/crypto/random.hpp"

namespace mixnn {

// A cell that waits in a relay for its release.
struct MixedCell {
  std::uint32_t next = 0;
  std::uint64_t message = 0;
  CellBuffer cell;
};

// The cells that a relay holds. Released in a uniformly random order, whatever order they came in.
// Adding costs a constant time; memory grows to the most that was ever held and is kept.
class MixPool {
 public:
  void add(MixedCell cell, Nanoseconds now);
  std::size_t size() const { return held_.size(); }

  // Everything, shuffled, into `out` (cleared first), where the strategy (strategy.hpp) says
  // so.
  template <class Strategy>
  void release(const Strategy& strategy, Nanoseconds now, Csprng& rng,
               std::vector<MixedCell>& out) {
    out.clear();
    if (!held_.empty() && strategy.release(distinct_, now - oldest_)) release_all(rng, out);
  }

 private:
  bool note(std::size_t index);  // true for the first held cell of its message
  void grow();
  void release_all(Csprng& rng, std::vector<MixedCell>& out);

  std::vector<MixedCell> held_;
  // The messages of the held cells: an open-addressed table, at most half full, of 1 + the index of
  // a message's first cell, or 0. Message numbers are random, so they are their own hash.
  std::vector<std::uint32_t> table_;
  std::size_t distinct_ = 0;
  Nanoseconds oldest_{0};
};

}  // namespace mixnn
