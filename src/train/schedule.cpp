#include "mixnn/train/schedule.hpp"

#include <algorithm>

#include "mixnn/base/check.hpp"

namespace mixnn {

Schedule::Schedule(ScheduleKind kind, std::size_t micro_batches, std::size_t depth)
    : kind_(kind),
      micro_batches_(micro_batches),
      depth_(kind == ScheduleKind::kGpipe ? micro_batches : depth) {
  MIXNN_CHECK(micro_batches >= 1 && depth_ >= 1,
              "a step has micro-batches, and room for one of them");
}

std::vector<Release> Schedule::start() {
  MIXNN_CHECK(forwards_ == 0, "a step starts once");
  return more_forwards();
}

std::vector<Release> Schedule::on_logits(std::size_t micro_batch) {
  MIXNN_CHECK(micro_batch < forwards_ && logits_ < forwards_, "logits answer a released forward");
  ++logits_;
  std::vector<Release> releases;
  if (kind_ == ScheduleKind::k1F1B) {
    releases.push_back({Release::Kind::kBackward, micro_batch});
  } else if (logits_ == micro_batches_) {
    for (std::size_t m = 0; m < micro_batches_; ++m)
      releases.push_back({Release::Kind::kBackward, m});
  }
  backwards_ += releases.size();
  return releases;
}

std::vector<Release> Schedule::on_backward_done(std::size_t micro_batch) {
  MIXNN_CHECK(micro_batch < forwards_ && done_ < backwards_, "the end of a released backward");
  ++done_;
  return more_forwards();
}

std::vector<Release> Schedule::more_forwards() {
  std::vector<Release> releases;
  for (; forwards_ < std::min(micro_batches_, done_ + depth_); ++forwards_)
    releases.push_back({Release::Kind::kForward, forwards_});
  return releases;
}

bool Schedule::all_released() const { return forwards_released() && backwards_ == micro_batches_; }

bool Schedule::done() const { return done_ == micro_batches_; }

}  // namespace mixnn
