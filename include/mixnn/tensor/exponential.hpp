#pragma once
#include <bit>
#include <cstdint>

namespace mixnn {

// Functions of one value for loops with MIXNN_CLONES: polynomials in plain float arithmetic, so
// that they vectorize, and give the same bits with every vector width and every C library. Not a
// number stays so.
#define MIXNN_INLINED [[gnu::always_inline]] inline

// e^x to 2e-7 of itself; 0 below e^-87, and no more than e^88.
MIXNN_INLINED float exponential(float x) {
  constexpr float kLog2E = 1.44269504f;
  constexpr float kRounder = 12582912.0f;                              // 1.5 * 2^23
  constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;  // together ln 2
  const float within = x > 88.0f ? 88.0f : x < -87.0f ? -87.0f : x;
  const float rounded = within * kLog2E + kRounder;  // the nearest integer n is in its lowest bits
  const float n = rounded - kRounder;
  const float r = (within - n * kLn2High) - n * kLn2Low;
  float series = 1.0f / 5040;
  series = series * r + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  series = series * r + 1.0f;
  const float power = std::bit_cast<float>((std::bit_cast<std::uint32_t>(rounded) << 23) +
                                           std::bit_cast<std::uint32_t>(1.0f));
  return x < -87.0f ? 0.0f : series * power;
}

MIXNN_INLINED float logistic(float x) { return 1.0f / (1.0f + exponential(-x)); }

// Near zero by its series, elsewhere by the exponential.
MIXNN_INLINED float hyperbolic_tangent(float x) {
  const float size = x < 0.0f ? -x : x, square = x * x;
  float series = -929569.0f / 638512875.0f;
  series = series * square + 21844.0f / 6081075.0f;
  series = series * square - 1382.0f / 155925.0f;
  series = series * square + 62.0f / 2835.0f;
  series = series * square - 17.0f / 315.0f;
  series = series * square + 2.0f / 15.0f;
  series = series * square - 1.0f / 3.0f;
  series = series * square + 1.0f;
  const float far = 1.0f - 2.0f / (exponential(2.0f * size) + 1.0f);
  const float of_size = size < 0.5f ? size * series : far;
  return x < 0.0f ? -of_size : of_size;
}

// The standard normal distribution, to 3e-7: its density at x, and the probability of less than x
// (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26).
struct Normal {
  float density, below;
};
MIXNN_INLINED Normal normal_at(float x) {
  const float bell = exponential(-0.5f * (x * x));
  const float size = x < 0.0f ? -x : x;
  const float t = 1.0f / (1.0f + 0.3275911f * 0.707106781f * size);
  float series = 1.061405429f;
  series = series * t - 1.453152027f;
  series = series * t + 1.421413741f;
  series = series * t - 0.284496736f;
  series = series * t + 0.254829592f;
  const float tail = 0.5f * (series * t) * bell;
  return {0.398942280f * bell, x < 0.0f ? tail : 1.0f - tail};
}

}  // namespace mixnn
