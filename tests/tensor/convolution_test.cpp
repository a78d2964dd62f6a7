#include "mixnn/tensor/convolution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "mixnn/base/random.hpp"
#include "mixnn/tensor/kernels.hpp"

namespace mixnn {
namespace {

// Large enough for several strips, and each for several blocks; the last ones are shorter.
constexpr std::size_t kImages = 19;
const ConvolutionShape kLarge{.in_channels = 16,
                              .out_channels = 32,
                              .image = {28, 28},
                              .window = {.kernel = {3, 3}, .padding = {1, 1}}};

std::vector<float> drawn_values(std::size_t n, std::uint32_t index) {
  CounterRng rng(35, RandomPurpose::kTest, index);
  std::vector<float> values(n);
  for (float& x : values) x = 2 * rng.uniform() - 1;
  return values;
}

// Everything that a convolution computes of the first rows.
struct Convolved {
  std::vector<float> y, dx, weight_gradient, bias_gradient;
  bool operator==(const Convolved&) const = default;
};

Convolved convolved(const Products& products, std::size_t rows, std::vector<float> weight) {
  const ConvolutionShape& s = kLarge;
  const std::size_t in = s.in_channels * s.image.pixels();
  const std::size_t out = s.out_channels * s.output().pixels();
  Convolution convolution(s, kImages, true, products);
  convolution.with_relu();
  const std::vector<float> x = drawn_values(kImages * in, 1), bias = drawn_values(32, 2);
  std::vector<float> dy = drawn_values(kImages * out, 4);
  Convolved all{std::vector<float>(rows * out), std::vector<float>(rows * in),
                std::vector<float>(s.weights()), std::vector<float>(s.out_channels)};
  const auto of = [rows](auto& values, std::size_t columns) {
    return as_matrix(std::span(values).first(rows * columns), rows, columns);
  };
  convolution.forward(of(x, in), weight, bias, of(all.y, out));
  convolution.input_gradient(of(all.y, out), of(dy, out), weight, of(all.dx, in));
  convolution.accumulate(of(x, in), of(dy, out), all.weight_gradient, all.bias_gradient);
  return all;
}

std::vector<float> some_weight() { return drawn_values(kLarge.weights(), 3); }

TEST(Convolution, HasTheSameBitsWithACrewAndOnAnyThread) {
  const Convolved alone = convolved({}, kImages, some_weight());
  Crew crew(own_cores(2));
  for (int again = 0; again < 3; ++again)
    EXPECT_EQ(convolved(Products(crew, Cutting::kByShape), kImages, some_weight()), alone);
  Convolved elsewhere;
  std::thread([&] { elsewhere = convolved({}, kImages, some_weight()); }).join();
  EXPECT_EQ(elsewhere, alone);
}

TEST(Convolution, OfARowDoesNotDependOnTheOthers) {
  const Convolved all = convolved({}, kImages, some_weight());
  const Convolved few = convolved({}, 3, some_weight());
  EXPECT_TRUE(std::equal(few.y.begin(), few.y.end(), all.y.begin()));
  EXPECT_TRUE(std::equal(few.dx.begin(), few.dx.end(), all.dx.begin()));
}

TEST(Convolution, AddsUpTheGradientsOfAllRows) {
  const std::size_t in = kLarge.in_channels * kLarge.image.pixels();
  const std::size_t out = kLarge.out_channels * kLarge.output().pixels();
  const std::vector<float> x = drawn_values(kImages * in, 1), dy = drawn_values(kImages * out, 4);
  Convolution convolution(kLarge, kImages, false, {});
  std::vector<float> whole(kLarge.weights()), rows(kLarge.weights());
  std::vector<float> whole_bias(kLarge.out_channels), rows_bias(kLarge.out_channels);
  const ConstMatrix all_x{x.data(), kImages, in}, all_dy{dy.data(), kImages, out};
  convolution.accumulate(all_x, all_dy, whole, whole_bias);
  for (std::size_t row = 0; row < kImages; ++row)
    convolution.accumulate(rows_of(all_x, row, 1), rows_of(all_dy, row, 1), rows, rows_bias);
  float largest = 0;
  for (const float value : rows) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_NEAR(whole[i], rows[i], 1e-5f * largest);
  for (std::size_t i = 0; i < rows_bias.size(); ++i)
    ASSERT_NEAR(whole_bias[i], rows_bias[i], 1e-5f * largest);
}

TEST(Convolution, ShowsWhatIsNotANumberBehindARelu) {
  std::vector<float> weight = some_weight();
  weight[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::ranges::any_of(convolved({}, 2, weight).y, [](float y) { return y != y; }));
}

TEST(Kernels, NameOneDnnsInstructions) {
  EXPECT_NE(kernel_versions().find("OpenBLAS "), std::string::npos);
  EXPECT_NE(kernel_versions().find(", oneDNN "), std::string::npos);
  EXPECT_EQ(kernel_versions().find("isa "), std::string::npos) << kernel_versions();
}

}  // namespace
}  // namespace mixnn
