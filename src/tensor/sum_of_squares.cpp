#include "mixnn/tensor/sum_of_squares.hpp"

#include "mixnn/tensor/clones.hpp"
#include "mixnn/tensor/row_sums.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void add_squares(const float* __restrict values, std::size_t n,
                              double* __restrict sums) {
  std::size_t i = 0;
  for (; i + kPartialSums <= n; i += kPartialSums)
    for (std::size_t j = 0; j < kPartialSums; ++j) {
      const auto value = static_cast<double>(values[i + j]);
      sums[j] += value * value;
    }
  for (std::size_t j = 0; i + j < n; ++j) {
    const auto value = static_cast<double>(values[i + j]);
    sums[j] += value * value;
  }
}

}  // namespace

double sum_of_squares(std::span<const float> values) {
  double sums[kPartialSums] = {};
  add_squares(values.data(), values.size(), sums);
  for (std::size_t half = kPartialSums / 2; half > 0; half /= 2)
    for (std::size_t j = 0; j < half; ++j) sums[j] += sums[j + half];
  return sums[0];
}

}  // namespace mixnn
