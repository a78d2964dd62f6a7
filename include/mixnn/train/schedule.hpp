#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mixnn {

enum class ScheduleKind { kGpipe, k1F1B };

// What the owner releases next.
struct Release {
  enum class Kind { kForward, kBackward } kind;
  std::size_t micro_batch;
  bool operator==(const Release&) const = default;
};

// When the owner releases which micro-batch of one step. Pure: it knows counts, not ranks, messages
// or time.
//   gpipe: all forwards, then all backwards (Huang et al. 2019).
//   1f1b:  at most `depth` micro-batches between their forward and the end of their backward; a
//   gradient is released as
//          soon as its logits are there (Narayanan et al. 2019, with a flush at the end of each
//          step).
// Every micro-batch is released forward once, in order, and backward once, after its logits.
class Schedule {
 public:
  Schedule(ScheduleKind kind, std::size_t micro_batches, std::size_t depth);

  std::vector<Release> start();
  std::vector<Release> on_logits(std::size_t micro_batch);
  std::vector<Release> on_backward_done(std::size_t micro_batch);
  bool forwards_released() const { return forwards_ == micro_batches_; }  // none is left
  bool all_released() const;  // no forward or backward is left to release
  bool done() const;          // every backward has ended

 private:
  std::vector<Release> more_forwards();

  ScheduleKind kind_;
  std::size_t micro_batches_, depth_;
  std::size_t forwards_ = 0, logits_ = 0, backwards_ = 0, done_ = 0;
};

}  // namespace mixnn
