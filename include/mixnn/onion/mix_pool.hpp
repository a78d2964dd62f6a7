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

// When a relay lets go of what it holds. Pure: it sees counts and times, never cells.
class MixStrategy {
 public:
  virtual ~MixStrategy() = default;
  // Whether all of what is held is released now, `oldest` after its first cell came.
  virtual bool release(std::size_t distinct_messages, Nanoseconds oldest) const = 0;
};

// `shuffle`: whatever is there.
class ShuffleMix final : public MixStrategy {
 public:
  bool release(std::size_t, Nanoseconds) const override { return true; }
};

// `threshold:N`: at least N distinct messages, or the deadline.
class ThresholdMix final : public MixStrategy {
 public:
  ThresholdMix(std::size_t messages, Nanoseconds deadline)
      : messages_(messages), deadline_(deadline) {}
  bool release(std::size_t distinct_messages, Nanoseconds oldest) const override {
    return distinct_messages >= messages_ || oldest >= deadline_;
  }

 private:
  std::size_t messages_;
  Nanoseconds deadline_;
};

// The cells that a relay holds. Released in a uniformly random order, whatever order they came in.
// Adding costs a constant time; memory grows to the most that was ever held and is kept.
class MixPool {
 public:
  void add(MixedCell cell, Nanoseconds now);
  std::size_t size() const { return held_.size(); }

  // Everything, shuffled, into `out` (cleared first), where the strategy says so.
  void release(const MixStrategy& strategy, Nanoseconds now, Csprng& rng,
               std::vector<MixedCell>& out);

 private:
  bool note(std::size_t index);  // true for the first held cell of its message
  void grow();

  std::vector<MixedCell> held_;
  // The messages of the held cells: an open-addressed table, at most half full, of 1 + the index of
  // a message's first cell, or 0. Message numbers are random, so they are their own hash.
  std::vector<std::uint32_t> table_;
  std::size_t distinct_ = 0;
  Nanoseconds oldest_{0};
};

}  // namespace mixnn
