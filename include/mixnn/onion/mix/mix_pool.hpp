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
    if (!held_.empty() && strategy.release(held_.size(), now - oldest_)) release_all(rng, out);
  }

 private:
  void release_all(Csprng& rng, std::vector<MixedCell>& out);

  std::vector<MixedCell> held_;
  Nanoseconds oldest_{0};
};

}  // namespace mixnn
