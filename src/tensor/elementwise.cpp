#include "mixnn/tensor/elementwise.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "mixnn/tensor/clones.hpp"

namespace mixnn {
namespace {

// Rows come in any order of magnitude, so kernels are written for one row or for a flat array.

MIXNN_CLONES void scale_bytes_kernel(const std::uint8_t* __restrict in, float scale,
                                     float* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = scale * static_cast<float>(in[i]);
}

MIXNN_CLONES void scale_words_kernel(const std::uint16_t* __restrict in, float scale,
                                     float* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = scale * static_cast<float>(in[i]);
}

MIXNN_CLONES void scale_floats_kernel(const float* in, float scale, float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = scale * in[i];
}

MIXNN_CLONES void round_to_bfloat16_kernel(const float* __restrict in,
                                           std::uint16_t* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(in[i]);
    const std::uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16,
                        quiet_nan = bits >> 16 | 0x40;
    out[i] = static_cast<std::uint16_t>((bits & 0x7FFF'FFFF) > 0x7F80'0000 ? quiet_nan : rounded);
  }
}

MIXNN_CLONES void widen_bfloat16_kernel(const std::uint16_t* __restrict in, float* __restrict out,
                                        std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = std::bit_cast<float>(std::uint32_t{in[i]} << 16);
}

constexpr float kMostInt8 = 127;
// So that scales are normal numbers, which nothing flushes to zero.
constexpr float kLeastMagnitude = kMostInt8 * std::numeric_limits<float>::min();
constexpr std::int32_t kInfinityBits = 0x7F80'0000;
// Added to a number below 2^22 it leaves that, rounded, in the lowest bits of the sum.
constexpr float kRounding = 0x1.8p23f;

// Of so many floats, without their signs, as bits: as large as they are, and NaN above all.
MIXNN_CLONES std::int32_t largest_bits_kernel(const float* in, std::size_t n) {
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t bits = std::bit_cast<std::int32_t>(in[i]) & 0x7FFF'FFFF;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

MIXNN_CLONES void round_to_int8_kernel(const float* __restrict in, float scale,
                                       std::int8_t* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<std::int8_t>(std::bit_cast<std::uint32_t>(in[i] / scale + kRounding));
}

MIXNN_CLONES void widen_int8_kernel(const std::int8_t* __restrict in, float scale,
                                    float* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = scale * static_cast<float>(in[i]);
}

// Not-a-number for a row that is to have no numbers but 0, as one that is all 0 has the scale 0.
float scale_of(std::int32_t largest_bits) {
  if (largest_bits >= kInfinityBits) return std::numeric_limits<float>::quiet_NaN();
  const auto largest = std::bit_cast<float>(largest_bits);
  return largest < kLeastMagnitude ? 0.0f : largest / kMostInt8;
}

MIXNN_CLONES void add_kernel(const float* __restrict x, float* __restrict y, std::size_t rows,
                             std::size_t cols) {
  for (std::size_t r = 0; r < rows; ++r, y += cols)
    for (std::size_t c = 0; c < cols; ++c) y[c] += x[c];
}

MIXNN_CLONES void add_relu_kernel(const float* __restrict x, float* __restrict y, std::size_t rows,
                                  std::size_t cols) {
  for (std::size_t r = 0; r < rows; ++r, y += cols)
    for (std::size_t c = 0; c < cols; ++c) {
      const float sum = y[c] + x[c];
      y[c] = sum < 0.0f ? 0.0f : sum;
    }
}

MIXNN_CLONES void relu_kernel(const float* __restrict x, float* __restrict y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = x[i] < 0.0f ? 0.0f : x[i];
}

MIXNN_CLONES void relu_in_place_kernel(float* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) x[i] = x[i] < 0.0f ? 0.0f : x[i];
}

MIXNN_CLONES void relu_mask_kernel(const float* y, const float* gradient, float* result,
                                   std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) result[i] = y[i] <= 0.0f ? 0.0f : gradient[i];
}

MIXNN_CLONES void column_sums_kernel(const float* __restrict m, float* __restrict sums,
                                     std::size_t rows, std::size_t cols) {
  for (std::size_t r = 0; r < rows; ++r, m += cols)
    for (std::size_t c = 0; c < cols; ++c) sums[c] += m[c];
}

MIXNN_CLONES void sgd_kernel(SgdStep step, float* __restrict p, float* __restrict g,
                             std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    p[i] -= step.learning_rate * (g[i] + step.weight_decay * p[i]);
    g[i] = 0.0f;
  }
}

MIXNN_CLONES void momentum_kernel(SgdStep step, float* __restrict p, float* __restrict v,
                                  float* __restrict g, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    v[i] = step.momentum * v[i] + (g[i] + step.weight_decay * p[i]);
    p[i] -= step.learning_rate * v[i];
    g[i] = 0.0f;
  }
}

MIXNN_CLONES void nesterov_kernel(SgdStep step, float* __restrict p, float* __restrict v,
                                  float* __restrict g, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float decayed = g[i] + step.weight_decay * p[i];
    v[i] = step.momentum * v[i] + decayed;
    p[i] -= step.learning_rate * (decayed + step.momentum * v[i]);
    g[i] = 0.0f;
  }
}

// Roots and quotients are rounded correctly, whatever the vector width.
MIXNN_CLONES void adam_kernel(AdamStep step, float* __restrict p, float* __restrict m,
                              float* __restrict v, float* __restrict g, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float shrunk = step.shrink * p[i], gradient = g[i] + step.penalty * shrunk;
    m[i] = step.beta1 * m[i] + step.one_minus_beta1 * gradient;
    v[i] = step.beta2 * v[i] + step.one_minus_beta2 * gradient * gradient;
    const float root = std::sqrt(v[i]) / step.root_of_correction + step.eps;
    p[i] = shrunk - step.step_size * (m[i] / root);
    g[i] = 0.0f;
  }
}

}  // namespace

void scale_bytes(std::span<const std::uint8_t> bytes, float scale, std::span<float> out) {
  MIXNN_CHECK(bytes.size() == out.size(), "sizes of scale_bytes");
  scale_bytes_kernel(bytes.data(), scale, out.data(), out.size());
}

void scale_words(std::span<const std::uint16_t> words, float scale, std::span<float> out) {
  MIXNN_CHECK(words.size() == out.size(), "sizes of scale_words");
  scale_words_kernel(words.data(), scale, out.data(), out.size());
}

void scale_floats(std::span<const float> floats, float scale, std::span<float> out) {
  MIXNN_CHECK(floats.size() == out.size(), "sizes of scale_floats");
  scale_floats_kernel(floats.data(), scale, out.data(), out.size());
}

void round_to_bfloat16(std::span<const float> values, std::span<std::uint16_t> halves) {
  MIXNN_CHECK(values.size() == halves.size(), "sizes of round_to_bfloat16");
  round_to_bfloat16_kernel(values.data(), halves.data(), values.size());
}

void widen_bfloat16(std::span<const std::uint16_t> halves, std::span<float> values) {
  MIXNN_CHECK(values.size() == halves.size(), "sizes of widen_bfloat16");
  widen_bfloat16_kernel(halves.data(), values.data(), values.size());
}

void round_to_int8(ConstMatrix values, std::span<float> scales, std::span<std::int8_t> numbers) {
  MIXNN_CHECK(scales.size() == values.rows && numbers.size() == values.size(),
              "sizes of round_to_int8");
  for (std::size_t r = 0; r < values.rows; ++r) {
    const float* const row = values.data + r * values.cols;
    const std::span<std::int8_t> own = numbers.subspan(r * values.cols, values.cols);
    const float scale = scales[r] = scale_of(largest_bits_kernel(row, values.cols));
    if (scale > 0)
      round_to_int8_kernel(row, scale, own.data(), own.size());
    else
      std::ranges::fill(own, std::int8_t{0});
  }
}

void widen_int8(std::span<const std::int8_t> numbers, std::span<const float> scales,
                Matrix values) {
  MIXNN_CHECK(scales.size() == values.rows && numbers.size() == values.size(),
              "sizes of widen_int8");
  for (std::size_t r = 0; r < values.rows; ++r)
    widen_int8_kernel(numbers.data() + r * values.cols, scales[r], values.data + r * values.cols,
                      values.cols);
}

void add_bias(std::span<const float> bias, Matrix y) {
  MIXNN_CHECK(bias.size() == y.cols, "sizes of add_bias");
  add_kernel(bias.data(), y.data, y.rows, y.cols);
}

void add_bias_relu(std::span<const float> bias, Matrix y) {
  MIXNN_CHECK(bias.size() == y.cols, "sizes of add_bias_relu");
  add_relu_kernel(bias.data(), y.data, y.rows, y.cols);
}

void relu(std::span<const float> x, std::span<float> y) {
  MIXNN_CHECK(x.size() == y.size(), "sizes of relu");
  relu_kernel(x.data(), y.data(), y.size());
}

void relu(std::span<float> x) { relu_in_place_kernel(x.data(), x.size()); }

void relu_mask(std::span<const float> y, std::span<const float> gradient, std::span<float> result) {
  MIXNN_CHECK(y.size() == gradient.size() && y.size() == result.size(), "sizes of relu_mask");
  relu_mask_kernel(y.data(), gradient.data(), result.data(), y.size());
}

void add_column_sums(ConstMatrix m, std::span<float> sums) {
  MIXNN_CHECK(m.cols == sums.size(), "sizes of add_column_sums");
  column_sums_kernel(m.data, sums.data(), m.rows, m.cols);
}

void sgd_update(const SgdStep& step, std::span<float> parameters, std::span<float> velocity,
                std::span<float> gradients) {
  const std::size_t n = parameters.size();
  MIXNN_CHECK(gradients.size() == n && velocity.size() == n, "sizes of sgd_update");
  if (step.momentum == 0.0f)
    sgd_kernel(step, parameters.data(), gradients.data(), n);
  else if (step.nesterov)
    nesterov_kernel(step, parameters.data(), velocity.data(), gradients.data(), n);
  else
    momentum_kernel(step, parameters.data(), velocity.data(), gradients.data(), n);
}

void adam_update(const AdamStep& step, std::span<float> parameters, std::span<float> m,
                 std::span<float> v, std::span<float> gradients) {
  const std::size_t n = parameters.size();
  MIXNN_CHECK(gradients.size() == n && m.size() == n && v.size() == n, "sizes of adam_update");
  adam_kernel(step, parameters.data(), m.data(), v.data(), gradients.data(), n);
}

}  // namespace mixnn
