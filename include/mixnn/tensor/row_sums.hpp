#pragma once
#include <cstddef>

#include "mixnn/tensor/exponential.hpp"

namespace mixnn {

// Sums over a row, for loops with MIXNN_CLONES. Sixteen partial sums, whatever the vector width,
// added up in a fixed order: the same bits on every machine.
inline constexpr std::size_t kPartialSums = 16;

// Of term(0) to term(n - 1).
template <class Term>
MIXNN_INLINED float sum_of(std::size_t n, Term term) {
  float sums[kPartialSums] = {};
  std::size_t i = 0;
  for (; i + kPartialSums <= n; i += kPartialSums)
    for (std::size_t j = 0; j < kPartialSums; ++j) sums[j] += term(i + j);
  for (std::size_t j = 0; i + j < n; ++j) sums[j] += term(i + j);
  for (std::size_t half = kPartialSums / 2; half > 0; half /= 2)
    for (std::size_t j = 0; j < half; ++j) sums[j] += sums[j + half];
  return sums[0];
}

// Of numbers.
MIXNN_INLINED float largest_of(const float* x, std::size_t n) {
  float largest[kPartialSums];
  for (std::size_t j = 0; j < kPartialSums; ++j) largest[j] = x[0];
  std::size_t i = 0;
  for (; i + kPartialSums <= n; i += kPartialSums)
    for (std::size_t j = 0; j < kPartialSums; ++j)
      largest[j] = x[i + j] <= largest[j] ? largest[j] : x[i + j];
  for (std::size_t j = 0; i + j < n; ++j)
    largest[j] = x[i + j] <= largest[j] ? largest[j] : x[i + j];
  for (std::size_t half = kPartialSums / 2; half > 0; half /= 2)
    for (std::size_t j = 0; j < half; ++j)
      largest[j] = largest[j + half] <= largest[j] ? largest[j] : largest[j + half];
  return largest[0];
}

}  // namespace mixnn
