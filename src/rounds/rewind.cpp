#include "mixnn/rounds/rewind.hpp"

#include <utility>

namespace mixnn {

void LossBook::count(std::uint64_t exchange, std::uint64_t bad, std::uint64_t late) {
  if (exchange < counts_from_) return;
  Counts& counts = counts_[exchange % kKeptLogical];
  counts.bad += bad;
  counts.late += late;
  all_.bad_slots += bad;
}

bool LossBook::announce(std::uint64_t exchange) {
  if (exchange < counts_from_ + kRewind) return false;
  const std::uint64_t about = exchange - kRewind;
  const Counts counts = std::exchange(counts_[about % kKeptLogical], {});
  if (counts.bad + counts.late == 0) {
    counts_from_ = about + 1;
    return false;
  }
  counts_from_ = exchange + 1;
  counts_ = {};
  lost_ = counts.bad > 0;
  ++all_.rewinds;
  return true;
}

bool RewindLimit::exceeded(std::uint64_t exchange) {
  in_window_.push_back(exchange);
  while (in_window_.front() + kRewindWindow <= exchange) in_window_.pop_front();
  return in_window_.size() > most_;
}

}  // namespace mixnn
