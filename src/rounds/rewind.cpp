#include "mixnn/rounds/rewind.hpp"

namespace mixnn {

void LossBook::count(std::uint64_t exchange, std::uint64_t bad) {
  if (exchange < counts_from_) return;
  bad_[exchange % kKeptLogical] += bad;
  all_.bad_slots += bad;
}

bool LossBook::announce(std::uint64_t exchange) {
  if (exchange < counts_from_ + kRewind) return false;
  const std::uint64_t about = exchange - kRewind;
  std::uint64_t& bad = bad_[about % kKeptLogical];
  const bool lost = bad > 0;
  bad = 0;
  if (!lost) {
    counts_from_ = about + 1;
    return false;
  }
  counts_from_ = exchange + 1;
  bad_ = {};
  ++all_.rewinds;
  return true;
}

bool RewindLimit::exceeded(std::uint64_t exchange) {
  in_window_.push_back(exchange);
  while (in_window_.front() + kRewindWindow <= exchange) in_window_.pop_front();
  return in_window_.size() > most_;
}

}  // namespace mixnn
