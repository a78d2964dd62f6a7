// Losses, optimizers and learning rates against PyTorch: tests/golden/make_training_golden.py.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "mixnn/base/error.hpp"
#include "mixnn/layers/json_value.hpp"
#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/layers/optimizer/optimizer.hpp"
#include "mixnn/tensor/sum_of_squares.hpp"
#include "mixnn/train/clipping.hpp"
#include "mixnn/train/learning_rate.hpp"

namespace mixnn {
namespace {

using GoldenJson = nlohmann::json;

GoldenJson golden_file(const std::string& name) {
  std::ifstream in(std::string(MIXNN_SOURCE_DIR) + "/tests/golden/" + name + ".json");
  return GoldenJson::parse(in);
}

// Within 1e-5 of the largest.
void expect_close(std::span<const float> got, const GoldenJson& expected, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  double largest = 0;
  for (const GoldenJson& value : expected)
    largest = std::max(largest, std::abs(value.get<double>()));
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], expected[i].get<double>(), 1e-5 * largest) << what << ", value " << i;
}

Table targets_of(const GoldenJson& c, const Loss& loss) {
  const auto output = c["output"].get<Shape>();
  const auto numbers = c["targets"].get<std::vector<float>>();
  if (std::holds_alternative<Mse>(loss)) return Table::of(output, numbers);
  const std::vector<std::uint8_t> bytes(numbers.begin(), numbers.end());
  if (std::holds_alternative<BinaryCrossEntropy>(loss)) return Table::of(output, bytes);
  return Table::of(output.size() > 1 ? Shape{output[0]} : Shape{}, bytes);
}

// The batch in two micro-batches: the scale is that of the whole.
TEST(LossGolden, MeansAndGradientsArePyTorchs) {
  const GoldenJson cases = golden_file("losses");
  ASSERT_GE(cases.size(), 9u);
  for (const GoldenJson& c : cases) {
    const Loss loss = loss_from_json(JsonValue(c["loss"], "loss"));
    const Criterion criterion(loss, c["output"].get<Shape>());
    ASSERT_EQ(criterion.output_problem(), "");
    const Table targets = targets_of(c, loss);
    ASSERT_EQ(criterion.label_problem(targets), "");
    const auto outputs = c["outputs"].get<std::vector<float>>();
    const std::size_t rows = targets.rows(), first = 2, cut = first * criterion.values();
    std::vector<float> gradient(outputs.size());
    const float scale = criterion.gradient_scale(Labels(targets, 0, rows));
    const std::span<const float> y(outputs);
    LossSum sum = criterion.sum(y.first(cut), Labels(targets, 0, first), scale,
                                std::span(gradient).first(cut));
    sum += criterion.sum(y.subspan(cut), Labels(targets, first, rows - first), scale,
                         std::span(gradient).subspan(cut));
    const std::string what = c["loss"].dump() + " of " + c["output"].dump();
    EXPECT_NEAR(sum.mean(), c["mean"].get<double>(), 1e-5 * std::abs(c["mean"].get<double>()))
        << what;
    expect_close(gradient, c["gradient"], what);
  }
}

TEST(LossGolden, TheAnswersOfTokensAndValuesAreCounted) {
  for (const GoldenJson& c : golden_file("losses")) {
    const Loss loss = loss_from_json(JsonValue(c["loss"], "loss"));
    const Criterion criterion(loss, c["output"].get<Shape>());
    const Table targets = targets_of(c, loss);
    const auto outputs = c["outputs"].get<std::vector<float>>();
    const LossSum sum = criterion.sum(outputs, Labels(targets, 0, targets.rows()), 0, {});
    const bool knows_none = std::holds_alternative<Mse>(loss);
    EXPECT_EQ(sum.answers, knows_none ? 0 : c["targets"].size());
    EXPECT_EQ(sum.accuracy().has_value(), !knows_none);
    EXPECT_LE(sum.correct, sum.answers);
  }
}

TEST(OptimizerGolden, ParametersAfterEveryUpdateArePyTorchs) {
  const GoldenJson golden = golden_file("optimizers");
  std::vector<UpdatedTensor> tensors;
  for (const GoldenJson& shape : golden["shapes"]) tensors.push_back({shape.get<Shape>()});
  const auto begin = golden["parameters"].get<std::vector<float>>();
  ASSERT_GE(golden["cases"].size(), 8u);
  for (const GoldenJson& c : golden["cases"]) {
    const Optimizer optimizer = optimizer_from_json(JsonValue(c["optimizer"], "optimizer"));
    std::vector<float> state = begin;
    state.resize((1 + optimizer_slots(optimizer)) * begin.size());
    for (std::size_t step = 0; step < golden["rates"].size(); ++step) {
      auto gradients = golden["gradients"][step].get<std::vector<float>>();
      update_parameters(optimizer, {step + 1, golden["rates"][step].get<float>()}, tensors, state,
                        gradients, {});
      expect_close(std::span(state).first(begin.size()), c["after"][step],
                   c["optimizer"].dump() + ", step " + std::to_string(step));
    }
  }
}

TEST(ClippingGolden, NormAndGradientsArePyTorchs) {
  const GoldenJson golden = golden_file("clipping");
  std::vector<double> squares;
  std::vector<float> all;
  for (const GoldenJson& stage : golden["stages"]) {
    const auto gradients = stage.get<std::vector<float>>();
    squares.push_back(sum_of_squares(gradients));
    all.insert(all.end(), gradients.begin(), gradients.end());
  }
  ASSERT_GE(golden["cases"].size(), 3u);
  for (const GoldenJson& c : golden["cases"]) {
    const auto norm = c["norm"].get<double>();
    const Clipping clipping = clipping_of(squares, c["most"].get<float>(), 0, 0);
    EXPECT_NEAR(clipping.norm, norm, 1e-6 * norm);
    std::vector<float> gradients = all;
    for (float& gradient : gradients) gradient *= clipping.scale;
    expect_close(gradients, c["gradients"], "at most " + c["most"].dump());
    EXPECT_EQ(clipping.scale == 1.0f, c["most"].get<double>() > norm);
  }
}

TEST(ClippingGolden, ALengthThatIsNoNumberEndsTheTraining) {
  const double huge[] = {1.0, std::numeric_limits<double>::infinity()};
  try {
    clipping_of(huge, 1, 2, 4);
    FAIL();
  } catch (const RunError& error) {
    EXPECT_STREQ(error.what(),
                 "the gradient is no longer a finite number in epoch 3, step 5; try "
                 "a smaller --lr");
  }
}

LearningRate rate_of(const GoldenJson& golden, const GoldenJson& c) {
  const std::string name = c["schedule"];
  LearningRate rate;
  rate.decay = name == "cosine"    ? LrDecay::kCosine
               : name == "step"    ? LrDecay::kStep
               : name == "plateau" ? LrDecay::kPlateau
                                   : LrDecay::kOneCycle;
  rate.highest = golden["rate"];
  rate.least = c.value("minimum", 0.0);
  rate.warmup = c.value("warmup", std::size_t{0});
  rate.step_epochs = c.value("step_epochs", std::size_t{1});
  rate.gamma = c.value("gamma", 1.0);
  rate.patience = c.value("patience", std::size_t{10});
  return rate;
}

TEST(LearningRateGolden, EveryUpdatesIsPyTorchs) {
  const GoldenJson golden = golden_file("learning_rates");
  ASSERT_GE(golden["cases"].size(), 9u);
  const auto of_an_epoch = golden["updates_of_an_epoch"].get<std::size_t>();
  for (const GoldenJson& c : golden["cases"]) {
    const auto tested = c.value("tested", std::vector<double>(100));
    std::vector<float> rates;
    for (std::size_t update = 0; update < c["rates"].size(); ++update)
      rates.push_back(rate_of(golden, c).at(update, c["rates"].size(), of_an_epoch,
                                            std::span(tested).first(update / of_an_epoch)));
    expect_close(rates, c["rates"], c["schedule"].dump() + " of " + c["epochs"].dump() + " epochs");
  }
}

}  // namespace
}  // namespace mixnn
