#include "mixnn/tensor/elementwise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "tensor/draw.hpp"

namespace mixnn {
namespace {

// All expectations here are exact: the passes promise the bits of the plain loop. Odd sizes leave
// vector remainders.
constexpr std::size_t kRows = 13, kCols = 37;

TEST(Elementwise, ScalesEveryByte) {
  std::vector<std::uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  std::vector<float> out(256);
  scale_bytes(bytes, 1.0f / 255, out);
  for (int i = 0; i < 256; ++i)
    EXPECT_EQ(out[static_cast<std::size_t>(i)], (1.0f / 255) * static_cast<float>(i));
}

TEST(Elementwise, BiasAndReluGoOverEveryRow) {
  const std::vector<float> x = testing_tensor::draw(kRows * kCols, 1),
                           bias = testing_tensor::draw(kCols, 2);
  std::vector<float> sum = x, rectified = x;
  add_bias(bias, as_matrix(std::span(sum), kRows, kCols));
  add_bias_relu(bias, as_matrix(std::span(rectified), kRows, kCols));
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(sum[i], x[i] + bias[i % kCols]);
    EXPECT_EQ(rectified[i], std::max(0.0f, x[i] + bias[i % kCols]));
  }
}

TEST(Elementwise, ReluKeepsNotANumberForTheLossToShow) {
  const std::vector<float> x{-1, 0, 2, std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> y(4), z = x;
  relu(x, y);
  add_bias_relu(std::vector<float>(4, 0.0f), as_matrix(std::span(z), 1, 4));
  for (const auto* out : {&y, &z}) {
    EXPECT_EQ((*out)[0], 0.0f);
    EXPECT_EQ((*out)[1], 0.0f);
    EXPECT_EQ((*out)[2], 2.0f);
    EXPECT_TRUE(std::isnan((*out)[3]));
  }
}

TEST(Elementwise, MaskKeepsGradientWhereOutputIsPositiveAlsoInPlace) {
  const std::vector<float> y = testing_tensor::draw(101, 3),
                           gradient = testing_tensor::draw(101, 4);
  std::vector<float> apart(101), in_place = gradient;
  relu_mask(y, gradient, apart);
  relu_mask(y, in_place, in_place);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(apart[i], y[i] > 0 ? gradient[i] : 0.0f);
  EXPECT_EQ(in_place, apart);
}

TEST(Elementwise, ColumnSumsAddRowsInOrderToWhatIsThere) {
  const std::vector<float> m = testing_tensor::draw(kRows * kCols, 5);
  std::vector<float> sums = testing_tensor::draw(kCols, 6), expected = sums;
  add_column_sums(as_matrix(std::span(m), kRows, kCols), sums);
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t c = 0; c < kCols; ++c) expected[c] += m[r * kCols + c];
  EXPECT_EQ(sums, expected);
}

TEST(Elementwise, SgdIsPyTorchsRuleAndZeroesTheGradient) {
  for (const SgdStep step : {SgdStep{0.1f, 0.9f, 0.01f}, SgdStep{0.1f, 0, 0.01f},
                             SgdStep{0.3f, 0.5f, 0}, SgdStep{0.1f, 0.9f, 0.01f, true}}) {
    std::vector<float> p = testing_tensor::draw(101, 7), v = testing_tensor::draw(101, 8),
                       g = testing_tensor::draw(101, 9);
    std::vector<float> expected_p = p, expected_v = v;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const float decayed = g[i] + step.weight_decay * p[i];
      if (step.momentum != 0) expected_v[i] = step.momentum * v[i] + decayed;
      const float along = step.nesterov        ? decayed + step.momentum * expected_v[i]
                          : step.momentum != 0 ? expected_v[i]
                                               : decayed;
      expected_p[i] = p[i] - step.learning_rate * along;
    }
    sgd_update(step, p, v, g);
    EXPECT_EQ(p, expected_p);
    EXPECT_EQ(v, expected_v);
    EXPECT_EQ(g, std::vector<float>(101, 0.0f));
  }
}

// Of every vector width, and of a number of values that is none of its multiples.
TEST(Elementwise, AdamIsThePlainLoopToTheBitAndZeroesTheGradient) {
  const AdamStep step{0.9f, 0.1f, 0.99f, 0.01f, 0.02f, 0.3f, 1e-4f, 0.125f, 0.75f};
  std::vector<float> p = testing_tensor::draw(101, 7), m = testing_tensor::draw(101, 8),
                     v = testing_tensor::draw(101, 9), g = testing_tensor::draw(101, 10);
  for (float& value : v) value *= value;
  std::vector<float> expected_p = p, expected_m = m, expected_v = v;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const float shrunk = step.shrink * p[i], gradient = g[i] + step.penalty * shrunk;
    expected_m[i] = step.beta1 * m[i] + step.one_minus_beta1 * gradient;
    expected_v[i] = step.beta2 * v[i] + step.one_minus_beta2 * gradient * gradient;
    const float root = std::sqrt(expected_v[i]) / step.root_of_correction + step.eps;
    expected_p[i] = shrunk - step.step_size * (expected_m[i] / root);
  }
  adam_update(step, p, m, v, g);
  EXPECT_EQ(p, expected_p);
  EXPECT_EQ(m, expected_m);
  EXPECT_EQ(v, expected_v);
  EXPECT_EQ(g, std::vector<float>(101, 0.0f));
}

TEST(Elementwise, RefusesSizesThatDiffer) {
  std::vector<float> a(3), b(4);
  EXPECT_DEATH(relu(a, b), "sizes of relu");
}

}  // namespace
}  // namespace mixnn
