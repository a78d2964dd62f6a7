#include "mixnn/train/token_sampler.hpp"

#include <algorithm>
#include <functional>

#include "mixnn/base/check.hpp"
#include "mixnn/tensor/exponential.hpp"
#include "mixnn/train/evaluation.hpp"

namespace mixnn {

TokenSampler::TokenSampler(double temperature, std::size_t top_k, std::uint64_t seed)
    : temperature_(static_cast<float>(temperature)),
      top_k_(top_k),
      rng_(seed, RandomPurpose::kSampling, 0) {}

float TokenSampler::least_of(std::span<const float> outputs) {
  if (top_k_ == 0 || top_k_ >= outputs.size()) return *std::ranges::min_element(outputs);
  sorted_.assign(outputs.begin(), outputs.end());
  const auto last = sorted_.begin() + static_cast<std::ptrdiff_t>(top_k_ - 1);
  std::nth_element(sorted_.begin(), last, sorted_.end(), std::greater<>());
  return *last;
}

std::size_t TokenSampler::draw(std::span<const float> outputs) {
  MIXNN_CHECK(!outputs.empty(), "one token of none");
  const std::size_t largest = predicted_class(outputs);
  if (temperature_ == 0) return largest;
  const float least = least_of(outputs);
  weights_.assign(outputs.size(), 0);
  double sum = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i] >= least)
      sum += weights_[i] = exponential((outputs[i] - outputs[largest]) / temperature_);
  double left = sum * static_cast<double>(rng_.uniform());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    left -= static_cast<double>(weights_[i]);
    if (left < 0) return i;
  }
  return largest;  // rounding
}

}  // namespace mixnn
