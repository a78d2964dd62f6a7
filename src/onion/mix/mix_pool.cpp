#include "mixnn/onion/mix/mix_pool.hpp"

#include <utility>

#include "mixnn/base/random.hpp"

namespace mixnn {

void MixPool::add(MixedCell cell, Nanoseconds now) {
  if (held_.empty()) oldest_ = now;
  held_.push_back(std::move(cell));
}

void MixPool::release_all(Csprng& rng, std::vector<MixedCell>& out) {
  std::swap(held_, out);
  shuffle(std::span(out), rng);
}

}  // namespace mixnn
