#include "mixnn/onion/mix/mix_pool.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/base/random.hpp"

namespace mixnn {

void MixPool::add(MixedCell cell, Nanoseconds now) {
  if (held_.empty()) oldest_ = now;
  held_.push_back(std::move(cell));
  if (2 * (distinct_ + 1) > table_.size()) grow();
  if (note(held_.size() - 1)) ++distinct_;
}

bool MixPool::note(std::size_t index) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = held_[index].message & mask;
  for (; table_[at] != 0; at = (at + 1) & mask)
    if (held_[table_[at] - 1].message == held_[index].message) return false;
  table_[at] = static_cast<std::uint32_t>(index + 1);
  return true;
}

void MixPool::grow() {
  const std::vector<std::uint32_t> before = std::exchange(
      table_, std::vector<std::uint32_t>(std::max<std::size_t>(16, 2 * table_.size())));
  for (const std::uint32_t entry : before)
    if (entry != 0) note(entry - 1);
}

void MixPool::release_all(Csprng& rng, std::vector<MixedCell>& out) {
  std::swap(held_, out);
  std::fill(table_.begin(), table_.end(), 0u);
  distinct_ = 0;
  shuffle(std::span(out), rng);
}

}  // namespace mixnn
