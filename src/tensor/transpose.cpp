#include "mixnn/tensor/transpose.hpp"

#include <algorithm>

#include "mixnn/tensor/clones.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kSide = 16;  // of a square: a cache line of each of its rows

MIXNN_CLONES void transpose_kernel(const float* __restrict in, float* __restrict out,
                                   std::size_t rows, std::size_t cols) {
  for (std::size_t r0 = 0; r0 < rows; r0 += kSide)
    for (std::size_t c0 = 0; c0 < cols; c0 += kSide) {
      const std::size_t r1 = std::min(rows, r0 + kSide), c1 = std::min(cols, c0 + kSide);
      for (std::size_t c = c0; c < c1; ++c)
        for (std::size_t r = r0; r < r1; ++r) out[c * rows + r] = in[r * cols + c];
    }
}

}  // namespace

void transpose(ConstMatrix m, std::span<float> transposed) {
  MIXNN_CHECK(m.size() == transposed.size(), "sizes of a transpose");
  transpose_kernel(m.data, transposed.data(), m.rows, m.cols);
}

}  // namespace mixnn
