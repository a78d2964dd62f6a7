#include "mixnn/layers/stale_weights.hpp"

#include <algorithm>

#include "mixnn/base/check.hpp"

namespace mixnn {

std::span<float> StaleWeights::of(std::uint32_t step) {
  const bool first = step % epoch_ == 0;
  MIXNN_CHECK(step == updates_ || (step == updates_ + 1 && !first),
              "a step computes with one of two versions of the weights");
  if (step != updates_) return newest_;
  if (first && begun_ != step) {
    std::ranges::copy(newest_, stale_.data());
    begun_ = step;
  }
  return stale_;
}

void StaleWeights::before_update() {
  std::ranges::copy(newest_, stale_.data());
  ++updates_;
}

void StaleWeights::take_untrained(std::span<const UpdatedTensor> tensors) {
  std::size_t begin = 0;
  for (const UpdatedTensor& tensor : tensors) {
    const auto count = static_cast<std::size_t>(element_count(tensor.shape));
    if (!tensor.trained)
      std::ranges::copy(stale_.subspan(begin, count), newest_.subspan(begin, count).begin());
    begin += count;
  }
}

}  // namespace mixnn
