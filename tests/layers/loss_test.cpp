#include "mixnn/layers/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "layers/reference_network.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kLossRows = 6, kClasses = 4;
const std::vector<std::uint8_t> kLabels{0, 3, 1, 1, 2, 0};

double reference_loss(const std::vector<double>& logits) {
  double loss = 0;
  for (std::size_t r = 0; r < kLossRows; ++r) {
    double sum = 0;
    for (std::size_t c = 0; c < kClasses; ++c) sum += std::exp(logits[r * kClasses + c]);
    loss += std::log(sum) - logits[r * kClasses + kLabels[r]];
  }
  return loss;
}

TEST(CrossEntropy, LossAndGradientMatchFiniteDifferences) {
  std::vector<float> logits = testing_reference::draw(kLossRows * kClasses, 1);
  for (float& z : logits) z *= 3;
  std::vector<double> z(logits.begin(), logits.end());
  std::vector<float> gradient(logits.size());
  const LossSum sum = softmax_cross_entropy(logits, kLabels, kClasses, 0.25f, gradient);
  EXPECT_NEAR(sum.loss, reference_loss(z), 1e-5);
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double before = z[i];
    z[i] = before + 1e-6;
    const double above = reference_loss(z);
    z[i] = before - 1e-6;
    const double below = reference_loss(z);
    z[i] = before;
    EXPECT_NEAR(gradient[i], 0.25 * (above - below) / 2e-6, 1e-6) << i;
  }
}

TEST(CrossEntropy, WorksInPlaceAndWithoutGradient) {
  std::vector<float> logits = testing_reference::draw(kLossRows * kClasses, 2),
                     gradient(logits.size());
  const LossSum apart = softmax_cross_entropy(logits, kLabels, kClasses, 1, gradient);
  const LossSum without = softmax_cross_entropy(logits, kLabels, kClasses, 1, {});
  const LossSum in_place = softmax_cross_entropy(logits, kLabels, kClasses, 1, logits);
  EXPECT_EQ(logits, gradient);
  EXPECT_EQ(apart.loss, without.loss);
  EXPECT_EQ(apart.loss, in_place.loss);
  EXPECT_EQ(apart.correct, in_place.correct);
}

TEST(CrossEntropy, CountsTheFirstOfEqualLogits) {
  const std::vector<float> logits{1, 1, 0, 2, 5, 5};
  const std::vector<std::uint8_t> first{0, 1}, second{1, 2};
  EXPECT_EQ(softmax_cross_entropy(logits, first, 3, 1, {}).correct, 2u);
  EXPECT_EQ(softmax_cross_entropy(logits, second, 3, 1, {}).correct, 0u);
}

TEST(CrossEntropy, StaysFiniteForLargeLogits) {
  const std::vector<float> logits{3e38f, -3e38f, 1000, 0};
  const std::vector<std::uint8_t> labels{0, 0};
  std::vector<float> gradient(4);
  const LossSum sum = softmax_cross_entropy(logits, labels, 2, 1, gradient);
  EXPECT_EQ(sum.loss, 0.0);
  EXPECT_EQ(gradient, std::vector<float>(4, 0.0f));
}

TEST(CrossEntropy, ShowsNotANumber) {
  for (const std::size_t at : {0, 1, 2}) {
    std::vector<float> logits{1, 2, 3};
    logits[at] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(
        std::isnan(softmax_cross_entropy(logits, std::vector<std::uint8_t>{1}, 3, 1, {}).loss))
        << at;
  }
}

TEST(CrossEntropy, RefusesALabelThatIsNoClass) {
  const std::vector<float> logits{1, 2, 3};
  EXPECT_DEATH(softmax_cross_entropy(logits, std::vector<std::uint8_t>{3}, 3, 1, {}),
               "one of the classes");
}

}  // namespace
}  // namespace mixnn
