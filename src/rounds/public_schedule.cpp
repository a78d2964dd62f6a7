#include "mixnn/rounds/public_schedule.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

std::uint64_t in_time(std::uint64_t at, std::uint64_t next, const Label& label) {
  if (at < next)
    throw RunError("what a " + to_string(label) +
                   " follows from came later than in the exchange in which it was due");
  return at;
}

}  // namespace

PublicSchedule::PublicSchedule(std::uint32_t ranks, std::uint32_t stages, std::uint32_t before,
                               std::uint32_t allowance, std::size_t staleness)
    : allowance_(allowance),
      chain_(std::uint64_t{allowance} * ranks),
      before_(std::uint64_t{allowance} * before),
      behind_(std::uint64_t{allowance} * (ranks - 1 - stages - before)),
      staleness_(staleness) {
  MIXNN_CHECK(stages + before < ranks, "a chain longer than all ranks but the owner");
}

std::uint64_t PublicSchedule::leaves(const MessageInfo& info, std::uint64_t next) {
  switch (info.label.kind) {
    case MessageKind::kForward:
      return forward(info, next);
    case MessageKind::kBackward:
      return backward(info, next);
    default:
      return test(info, next);
  }
}

// A step before the last may have been there before an interruption: then it ended before that.
std::uint64_t PublicSchedule::follows() const {
  if (staleness_ == 0) return updated(last_);
  const std::uint64_t free = last_.at + last_.micro_batches;
  return previous_.micro_batches == 0 ? free : std::max(free, updated(previous_));
}

std::uint64_t PublicSchedule::forward(const MessageInfo& info, std::uint64_t next) {
  if (info.label.micro_batch == 0) {
    const std::uint64_t at = contiguous_ ? follows() : std::max(next, boundary_);
    previous_ = std::exchange(last_, {info.label.step, at, info.micro_batches});
    contiguous_ = true;
    boundary_ = last_.at + info.micro_batches + 2 * chain_ - 1;
  }
  MIXNN_CHECK(info.label.step == last_.step, "forwards of another step");
  return in_time(last_.at + before_ + info.label.micro_batch, next, info.label);
}

std::uint64_t PublicSchedule::backward(const MessageInfo& info, std::uint64_t next) {
  const Began& step = info.label.step == last_.step ? last_ : previous_;
  MIXNN_CHECK(info.label.step == step.step, "backwards of another step");
  return in_time(step.at + chain_ + behind_ + info.label.micro_batch, next, info.label);
}

// A chunk whose time is over, or that is the first, begins a test.
std::uint64_t PublicSchedule::test(const MessageInfo& info, std::uint64_t next) {
  const std::uint64_t chunk = info.label.micro_batch;
  contiguous_ = false;
  if (chunk == 0 || test_at_ + before_ + chunk < next) test_at_ = std::max(next, boundary_) - chunk;
  boundary_ = test_at_ + chunk + 1 + chain_;
  return test_at_ + before_ + chunk;
}

}  // namespace mixnn
