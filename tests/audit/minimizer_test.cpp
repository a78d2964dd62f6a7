#include "mixnn/audit/inference/minimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mixnn {
namespace {

TEST(Minimizer, FindsTheLowestPointOfABowlThatIsLongAndNarrow) {
  int calls = 0;
  const auto bowl = [&](std::span<const double> at, std::span<double> gradient) {
    ++calls;
    double value = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double steep = std::pow(10.0, static_cast<double>(i % 5)), off = at[i] - 3;
      value += steep * off * off / 2;
      gradient[i] = steep * off;
    }
    return value;
  };
  for (const double x : minimize(bowl, std::vector<double>(20))) EXPECT_NEAR(x, 3, 1e-4);
  EXPECT_LT(calls, 100);
}

// As the likelihood of samples that one feature tells apart, with a weak penalty.
TEST(Minimizer, GoesFarWhereTheSlopeHardlyChanges) {
  const auto soft = [](std::span<const double> at, std::span<double> gradient) {
    const double off = at[0] - 30;
    gradient[0] = std::tanh(off) + 1e-3 * off;
    return std::abs(off) + std::log1p(std::exp(-2 * std::abs(off))) + 5e-4 * off * off;
  };
  EXPECT_NEAR(minimize(soft, {0})[0], 30, 1e-3);
}

TEST(Minimizer, OfNothingIsNothing) {
  const auto nothing = [](std::span<const double>, std::span<double>) { return 1.0; };
  EXPECT_TRUE(minimize(nothing, {}).empty());
}

}  // namespace
}  // namespace mixnn
