#include "mixnn/tensor/exponential.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "mixnn/tensor/row_sums.hpp"

namespace mixnn {
namespace {

constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();
constexpr float kBeyondAll = std::numeric_limits<float>::infinity();

TEST(Exponential, IsWithinTwoTenMillionthsOfItself) {
  for (float x = -87; x < 88; x += 0.0078f) {
    const double exact = std::exp(static_cast<double>(x));
    ASSERT_NEAR(exponential(x), exact, 2e-7 * exact) << x;
  }
  EXPECT_EQ(exponential(0), 1.0f);
  EXPECT_EQ(exponential(-kBeyondAll), 0.0f);
  EXPECT_GT(exponential(kBeyondAll), 1e38f);
  EXPECT_TRUE(std::isnan(exponential(kNotANumber)));
}

TEST(Exponential, SoAreTheFunctionsMadeOfIt) {
  for (float x = -12; x < 12; x += 0.0011f) {
    const double at = x, tangent = std::tanh(at);
    ASSERT_NEAR(hyperbolic_tangent(x), tangent, 3e-7 * std::abs(tangent)) << x;
    ASSERT_NEAR(logistic(x), 1 / (1 + std::exp(-at)), 2e-7) << x;
    ASSERT_NEAR(normal_at(x).below, 0.5 * std::erfc(-at / std::sqrt(2.0)), 3e-7) << x;
    ASSERT_NEAR(normal_at(x).density, std::exp(-at * at / 2) / std::sqrt(8 * std::atan(1.0)), 1e-7)
        << x;
  }
  for (const float x : {hyperbolic_tangent(kNotANumber), logistic(kNotANumber),
                        normal_at(kNotANumber).below, normal_at(kNotANumber).density})
    EXPECT_TRUE(std::isnan(x));
}

TEST(RowSums, TakeEveryValueOnce) {
  for (std::size_t n : {1u, 15u, 16u, 17u, 50u}) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i + 1);
    EXPECT_EQ(sum_of(n, [&](std::size_t i) { return x[i]; }), static_cast<float>(n * (n + 1) / 2));
    EXPECT_EQ(largest_of(x.data(), n), static_cast<float>(n));
  }
}

}  // namespace
}  // namespace mixnn
