#include "mixnn/rounds/rewind.hpp"

namespace mixnn {

void LossBook::count(std::uint64_t exchange, std::uint64_t bad) {
  if (exchange >= counts_from_) bad_[exchange % kKeptLogical] += bad;
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
  ++rewinds_;
  return true;
}

}  // namespace mixnn
