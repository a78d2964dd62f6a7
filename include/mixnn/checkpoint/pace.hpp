#pragma once
#include <cstddef>
#include <cstdint>

#include "mixnn/base/clock.hpp"
#include "mixnn/checkpoint/store.hpp"

namespace mixnn {

// How many steps to train before looking up, and when a checkpoint is due. Between two looks the
// pipeline runs empty once, so they are about a second apart. Pure, but for its clock.
class CheckpointPace {
 public:
  CheckpointPace(const CheckpointOptions::Interval& every, const Clock& clock);

  // Steps until the next look; at least one.
  std::size_t steps_ahead() const;
  void trained(std::size_t steps, double seconds);
  void epoch_ended() { ++epochs_; }
  bool due() const;
  void written();  // a checkpoint, now
  // One could not be written: it is due again after a second, and twice as long with each failure,
  // up to five minutes.
  void failed();

 private:
  CheckpointOptions::Interval every_;
  const Clock& clock_;
  Nanoseconds last_;
  std::size_t batches_ = 0, epochs_ = 0;  // since then
  std::size_t pace_ = 1;                  // steps in about a second
  std::size_t failures_ = 0;              // since the last that was written
  Nanoseconds again_{0};                  // after them
};

}  // namespace mixnn
