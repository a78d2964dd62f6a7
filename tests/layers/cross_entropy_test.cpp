#include "mixnn/layers/loss/cross_entropy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "layers/reference_network.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kLossRows = 6, kClasses = 4;
const std::vector<std::uint8_t> kLabels{0, 3, 1, 1, 2, 0};

template <class Label>
LossSum softmax_cross_entropy(std::span<const float> logits, const std::vector<Label>& labels,
                              std::size_t classes, float scale, std::span<float> gradient) {
  const Table all = Table::of({}, labels);
  return CrossEntropy().sum({static_cast<std::int64_t>(classes)}, logits,
                            Labels(all, 0, labels.size()), scale, gradient);
}

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

// The class 300 needs the second byte; labels in another order than the table's need its indices.
TEST(CrossEntropy, TakesLabelsOfTwoBytesAndByTheIndicesOfSamples) {
  constexpr std::size_t kMany = 400;
  const std::vector<float> logits = testing_reference::draw(3 * kMany, 3);
  const std::vector<std::uint16_t> in_order{300, 7, 299}, shuffled{7, 0, 299, 300};
  std::vector<float> expected(logits.size()), gradient(logits.size());
  const LossSum sum = softmax_cross_entropy(logits, in_order, kMany, 1, expected);
  const Table all = Table::of({}, shuffled);
  const std::vector<std::uint32_t> samples{3, 0, 2};
  const LossSum same = CrossEntropy().sum({kMany}, logits, Labels(all, samples), 1, gradient);
  EXPECT_EQ(same.loss, sum.loss);
  EXPECT_EQ(gradient, expected);
  EXPECT_LT(expected[300], 0);
  EXPECT_GT(expected[300 % 256], 0);
}

TEST(CrossEntropy, SaysWhatItCannotTake) {
  const CrossEntropy loss;
  EXPECT_EQ(loss.output_problem({10}), "");
  EXPECT_EQ(loss.output_problem({1}), "the last stage must give 2 to 65536 classes, but gives [1]");
  EXPECT_EQ(loss.output_problem({10, 2}), "");  // of ten tokens
  EXPECT_EQ(loss.output_problem({10, 1}),
            "the last stage must give 2 to 65536 classes, but gives [10, 1]");
  EXPECT_EQ(loss.output_problem({1, 10, 2}),
            "the last stage must give 2 to 65536 classes, but gives [1, 10, 2]");
  EXPECT_EQ((CrossEntropy{0, {1, 2}}.output_problem({3})),
            "the loss has 2 class weights, but the model has 3 classes");
  const std::vector<std::uint8_t> labels{0, 1, 2};
  EXPECT_EQ(loss.label_problem(Table::of({}, labels), {3}), "");
  EXPECT_EQ(loss.label_problem(Table::of({}, labels), {2}),
            "sample 2 has the label 2, but the model has 2 classes");
  EXPECT_EQ(loss.label_problem(Table::of({3}, labels), {9}),
            "labels are [3] of uint8, but cross_entropy takes the number of a class");
  EXPECT_EQ(loss.label_problem(Table::of({}, std::vector<float>{1}), {9}),
            "labels are [] of float32, but cross_entropy takes the number of a class");
  EXPECT_EQ(loss.label_problem(Table::of({}, labels), {3, 4}),
            "labels are [] of uint8, but cross_entropy takes the number of a class for each of 3 "
            "tokens");
  EXPECT_EQ(loss.label_problem(Table::of({3}, labels), {3, 2}),
            "sample 0 has the label 2, but the model has 2 classes");
  EXPECT_EQ(loss.label_problem(loss.example_labels({300}, 1000), {300}), "");
  EXPECT_EQ(loss.label_problem(loss.example_labels({7, 300}, 9), {7, 300}), "");
}

TEST(CrossEntropy, RefusesALabelThatIsNoClass) {
  const std::vector<float> logits{1, 2, 3};
  EXPECT_DEATH(softmax_cross_entropy(logits, std::vector<std::uint8_t>{3}, 3, 1, {}),
               "one of the classes");
}

}  // namespace
}  // namespace mixnn
