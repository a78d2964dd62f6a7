#include "mixnn/data/validation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "mixnn/base/error.hpp"
#include "mixnn/base/random.hpp"

namespace mixnn {

void split_validation(DataPair& data, double share, std::uint64_t seed) {
  const std::size_t samples = data.train.count();
  if (samples < 2) throw UsageError("--validation: there is one training sample alone");
  const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(samples)));
  const std::size_t held = std::clamp<std::size_t>(wanted, 1, samples - 1);
  std::vector<std::uint32_t> order(samples);
  std::iota(order.begin(), order.end(), 0u);
  CounterRng rng(seed, RandomPurpose::kValidation, 0);
  shuffle(std::span(order), rng);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(held);
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  data.validation = data.train.taken({order.begin(), middle});
  data.train = data.train.taken({middle, order.end()});
}

}  // namespace mixnn
