#include "mixnn/train/evaluation.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mixnn {
namespace {

Evaluation evaluated(const Loss& loss, const Shape& output, const Table& labels, std::size_t k,
                     const std::vector<float>& outputs) {
  Evaluator evaluator(loss, output, labels, k);
  const std::size_t row = outputs.size() / labels.rows();
  evaluator.add(0, std::span(outputs).first(row));  // in two pieces
  evaluator.add(1, std::span(outputs).subspan(row));
  return evaluator.result();
}

TEST(Evaluation, CountsClassesTheLargestOnesAndWhatIsTakenForWhat) {
  const Table labels = Table::of<std::uint8_t>({}, {0, 2, 2});
  // The second is among the two largest; the third not, as of two equal ones the first counts.
  const Evaluation all =
      evaluated(CrossEntropy{}, {3}, labels, 2, {5, 1, 0, /**/ 3, 0, 2, /**/ 4, 1, 1});
  EXPECT_EQ(all.samples, 3u);
  EXPECT_FALSE(all.values);
  ASSERT_TRUE(all.classes);
  EXPECT_EQ(all.classes->answers, 3u);
  EXPECT_DOUBLE_EQ(all.classes->accuracy, 1.0 / 3);
  EXPECT_EQ(all.classes->k, 2u);
  EXPECT_DOUBLE_EQ(all.classes->top_k, 2.0 / 3);
  EXPECT_EQ(all.classes->confusion,
            (std::vector<std::vector<std::uint64_t>>{{1, 0, 0}, {0, 0, 0}, {2, 0, 0}}));
  EXPECT_DOUBLE_EQ(all.classes->perplexity, std::exp(all.loss));
}

TEST(Evaluation, OfSequencesCountsTokens) {
  const Table labels = Table::of<std::uint8_t>({2}, {0, 1, 1, 1});
  const Evaluation all =
      evaluated(CrossEntropy{}, {2, 2}, labels, 1, {1, 0, 0, 1, /**/ 1, 0, 0, 1});
  EXPECT_EQ(all.samples, 2u);
  EXPECT_EQ(all.classes->answers, 4u);
  EXPECT_DOUBLE_EQ(all.classes->accuracy, 0.75);
  EXPECT_EQ(all.classes->confusion, (std::vector<std::vector<std::uint64_t>>{{1, 0}, {1, 2}}));
}

TEST(Evaluation, OfTwoClassesGoesByTheSign) {
  const Table labels = Table::of<std::uint8_t>({1}, {1, 0, 0});
  const Evaluation all = evaluated(BinaryCrossEntropy{}, {1}, labels, 5, {2, -1, 3});
  EXPECT_DOUBLE_EQ(all.classes->accuracy, 2.0 / 3);
  EXPECT_EQ(all.classes->k, 0u);
  EXPECT_EQ(all.classes->confusion, (std::vector<std::vector<std::uint64_t>>{{1, 1}, {0, 1}}));
}

TEST(Evaluation, OfNumbersTellsErrorsAndR2) {
  const Table labels = Table::of<float>({1}, {1, 2, 6});
  const Evaluation all = evaluated(Mse{}, {1}, labels, 5, {2, 2, 4});
  EXPECT_FALSE(all.classes);
  ASSERT_TRUE(all.values);
  EXPECT_DOUBLE_EQ(all.values->mse, 5.0 / 3);
  EXPECT_DOUBLE_EQ(all.values->mae, 1.0);
  EXPECT_DOUBLE_EQ(all.values->r2, 1 - 5.0 / 14);  // squared distances from the mean of 3: 14
  EXPECT_DOUBLE_EQ(all.loss, all.values->mse);
}

TEST(Evaluation, ProbabilitiesSumToOneAndKeepTheirOrder) {
  std::vector<float> outputs{1000, 999, -1000};
  make_probabilities(outputs);
  EXPECT_FLOAT_EQ(outputs[0], 1 / (1 + std::exp(-1.0f)));
  EXPECT_FLOAT_EQ(outputs[0] + outputs[1], 1);
  EXPECT_EQ(outputs[2], 0);
  EXPECT_EQ(predicted_class(outputs), 0u);
}

}  // namespace
}  // namespace mixnn
