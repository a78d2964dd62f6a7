#pragma once
#include <cstdint>

#include "mixnn/wire/description.hpp"

namespace mixnn {

// When a message of the chain leaves the owner, in logical numbers of exchanges: from public
// numbers, and from where the owner has put the chain among its virtual stages. The chain always
// looks as long as all ranks but the owner in a row, so that neither the number of exchanges nor
// when a message passes a host tells how many stages there are (docs/rounds.md, "Schedule").
//
// With N ranks, and K exchanges from what comes to its answer, a step of M micro-batches that
// begins at s has its forward m on the virtual link i (0 .. N-1) in exchange s + m + K i, and its
// backward m in s + K N + m + K i. The next step begins at s + M - 1 + 2 K (N - 1), when no host
// can still have work of this one before its first forward. With stale weights the step behind the
// next may not begin before that; the next may at s + M, when each circuit is free for it. Anything
// else begins when the owner can follow the last answer, at s + M - 1 + 2 K N. A test of C chunks
// ends at s + C + K N.
class PublicSchedule {
 public:
  // `stages` on hosts, `before` of the virtual ones before them: owner's knowledge. `allowance`: K.
  // `staleness`: 0 or 1; with 1 there are two stages at least.
  PublicSchedule(std::uint32_t ranks, std::uint32_t stages, std::uint32_t before,
                 std::uint32_t allowance = 1, std::size_t staleness = 0);

  // The exchange in which this message leaves the owner, if the next to begin is `next`. Each is
  // asked for once, those of one step or test in order. Throws RunError where that exchange is
  // over: then what it follows from came too late.
  std::uint64_t leaves(const MessageInfo& info, std::uint64_t next);
  // When all are told of a forward or test that leaves then, whatever its place among the virtual
  // stages: no later than that, and not before the owner can have it.
  std::uint64_t told(std::uint64_t leaves) const { return leaves + allowance_ - before_; }
  // The first exchange that belongs to nothing asked for so far. What is no message of the chain,
  // or belongs to another phase, begins there or later.
  std::uint64_t boundary() const { return boundary_; }
  // The next step begins anew: something else was in between.
  void interrupted() { contiguous_ = false; }
  // All steps have ended before the next is known. With stale weights that begins anew, too: it
  // would have begun before they had ended.
  void drained() { contiguous_ = contiguous_ && staleness_ == 0; }

 private:
  std::uint64_t forward(const MessageInfo& info, std::uint64_t next);
  std::uint64_t backward(const MessageInfo& info, std::uint64_t next);
  std::uint64_t test(const MessageInfo& info, std::uint64_t next);

  std::uint64_t allowance_;
  std::uint64_t chain_, before_, behind_;  // exchanges: K for each rank, and for each virtual stage
  std::size_t staleness_;
  struct Began {
    std::uint32_t step;
    std::uint64_t at;
    std::uint64_t micro_batches;
  };
  // The first exchange in which no host can have work of that step before its first forward.
  std::uint64_t updated(const Began& step) const {
    return step.at + step.micro_batches + 2 * chain_ - 1 - 2 * allowance_;
  }
  std::uint64_t follows() const;  // when the next step begins, behind the last
  Began last_{}, previous_{};     // steps: backwards of one may leave after the next has begun
  bool contiguous_ = false;       // the next step follows the last without anything in between
  std::uint64_t test_at_ = 0;     // of chunk 0, as if it had begun there
  std::uint64_t boundary_ = 0;
};

}  // namespace mixnn
