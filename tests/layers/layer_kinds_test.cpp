// Every kind of layer in the list, by the examples that it gives of itself.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

#include "layers/layer_examples.hpp"
#include "layers/reference_network.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/initialization.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {
namespace {

using testing_reference::draw;
using testing_reference::example_names;
using testing_reference::example_stage;
using testing_reference::ExampleCase;
using testing_reference::examples_of_all_kinds;
using testing_reference::floats_in;
using testing_reference::spread;
using testing_reference::writable;

constexpr std::size_t kExampleRows = 5;
constexpr double kExampleStep = 1.0 / 1024, kExampleTolerance = 4e-3;
constexpr Occasion kExampleOccasion{.training = true, .step = 3, .first_row = 0};

LayerSpec from_json(const nlohmann::json& json) {
  return layer_from_json(JsonValue(json, "example"));
}

// A stage of one layer, with what one training call of it needs.
class LayerExamples : public testing::TestWithParam<ExampleCase> {
 protected:
  LayerExamples() : stage_(example_stage(layer(), shape(), kExampleRows)) {
    const std::vector<float> drawn = draw(stage_.parameter_count(), 1);
    std::ranges::copy(drawn, stage_.parameters().begin());
    make_variances_positive();
  }
  void make_variances_positive() {
    std::size_t at = 0;
    for (const ParameterTensor& tensor : layer()->parameter_tensors(shape())) {
      const auto size = static_cast<std::size_t>(element_count(tensor.shape));
      for (float& value : stage_.parameters().subspan(at, size))
        if (tensor.name == "running_var") value = std::abs(value);
      at += size;
    }
  }
  const LayerSpec& layer() const { return GetParam().example.layer; }
  const Shape& shape() const { return GetParam().example.input; }
  bool raw() const { return !stage_.spec().input_gradient; }
  std::size_t inputs() const { return static_cast<std::size_t>(element_count(shape())); }
  std::size_t outputs() const { return stage_.spec().output_bytes(1) / sizeof(float); }

  // Rows from the example's inputs on; of raw inputs, bytes.
  ConstBytes input(std::size_t from, std::size_t rows) const {
    const std::size_t row = stage_.spec().input_bytes(1);
    const ConstBytes all = raw() ? bytes_of(std::span(bytes_)) : bytes_of(std::span(floats_));
    return all.subspan(from * row, rows * row);
  }
  // The sum of weights * outputs, by the stage itself.
  double objective() {
    const auto y =
        floats_in(stage_.forward(pass_, input(0, kExampleRows), kExampleRows, kExampleOccasion));
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += double{weights_[i]} * y[i];
    return sum;
  }
  double difference(float& x) {
    const float before = x;
    x = before + static_cast<float>(kExampleStep);
    const double above = objective();
    x = before - static_cast<float>(kExampleStep);
    const double below = objective();
    x = before;
    return (above - below) / (2 * kExampleStep);
  }

  Stage stage_;
  Pass pass_ = stage_.make_pass();
  std::vector<float> floats_ = spread(kExampleRows * inputs(), 2);
  std::vector<std::byte> bytes_ = testing_reference::draw_bytes(kExampleRows * inputs(), 3);
  std::vector<float> weights_ = draw(kExampleRows * outputs(), 4);
};
INSTANTIATE_TEST_SUITE_P(Kinds, LayerExamples, testing::ValuesIn(examples_of_all_kinds()),
                         example_names);

TEST(LayerKinds, EachHasANameOfItsOwnAndExamples) {
  std::set<std::string_view> types;
  for (const LayerKind* kind : layer_kinds()) {
    EXPECT_TRUE(types.insert(kind->type).second) << kind->type;
    EXPECT_FALSE(kind->examples().empty()) << kind->type;
    for (const LayerExample& example : kind->examples())
      EXPECT_EQ(example.layer->type(), kind->type);
  }
  EXPECT_FALSE(types.empty());
}

TEST(LayerKinds, AllInTheFolderAreInTheList) {
  const std::filesystem::path folder =
      std::filesystem::path(MIXNN_SOURCE_DIR) / "include/mixnn/layers/kinds";
  std::size_t headers = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".hpp") ++headers;
  EXPECT_EQ(layer_kinds().size(), headers);
}

TEST_P(LayerExamples, SurvivesItsJson) {
  const nlohmann::json json = layer_to_json(layer());
  const LayerSpec again = from_json(json);
  EXPECT_EQ(layer_to_json(again), json);
  EXPECT_EQ(again->output_shape(shape()), layer()->output_shape(shape()));
  EXPECT_EQ(again->parameter_count(shape()), layer()->parameter_count(shape()));
}

TEST_P(LayerExamples, RefusesWhatItsJsonDoesNotHave) {
  nlohmann::json json = layer_to_json(layer());
  json["surplus"] = 1;
  EXPECT_THROW(from_json(json), UsageError);
  json.erase("surplus");
  for (auto& [key, value] : json.items()) {
    nlohmann::json wrong = json;
    wrong[key] = nullptr;
    EXPECT_THROW(from_json(wrong), UsageError) << key;
  }
}

TEST_P(LayerExamples, TakesItsShapeAndGivesOne) {
  EXPECT_EQ(layer()->shape_problem(shape()), "");
  const Shape output = layer()->output_shape(shape());
  ASSERT_FALSE(output.empty());
  for (const std::int64_t extent : output) EXPECT_GE(extent, 1);
  EXPECT_TRUE(std::isfinite(layer()->multiplications(shape())));
  EXPECT_GE(layer()->multiplications(shape()), 0);
}

TEST_P(LayerExamples, HasInitialValuesForAllItsParameters) {
  std::set<std::string> names;
  std::size_t count = 0;
  for (const ParameterTensor& tensor : layer()->parameter_tensors(shape())) {
    EXPECT_TRUE(names.insert(tensor.name).second) << tensor.name;
    std::vector<float> values(static_cast<std::size_t>(element_count(tensor.shape)),
                              std::numeric_limits<float>::quiet_NaN());
    CounterRng rng(1, RandomPurpose::kInitialization, 0);
    tensor.initialize(rng, values);
    for (const float value : values) EXPECT_TRUE(std::isfinite(value)) << tensor.name;
    count += values.size();
  }
  EXPECT_EQ(layer()->parameter_count(shape()), count);
  EXPECT_EQ(stage_.parameter_count(), count);
}

TEST_P(LayerExamples, GradientsMatchFiniteDifferences) {
  objective();
  std::vector<float> dy = weights_;
  const auto bytes = stage_.input_gradient(pass_, writable(dy));
  const std::vector<float> dx(floats_in(bytes).begin(), floats_in(bytes).end());
  stage_.accumulate(pass_);
  ASSERT_EQ(dx.size(), raw() ? 0 : floats_.size());
  const auto expect_near = [](float got, double expected, std::size_t i) {
    EXPECT_NEAR(got, expected, kExampleTolerance * (1 + std::abs(expected))) << i;
  };
  for (std::size_t i = 0; i < dx.size(); ++i) expect_near(dx[i], difference(floats_[i]), i);
  for (std::size_t i = 0; i < stage_.parameter_count(); ++i)
    expect_near(stage_.gradients()[i], difference(stage_.parameters()[i]), i);
}

// All that a layer keeps between its calls lies in the pass.
TEST_P(LayerExamples, PassesDoNotDisturbEachOther) {
  const auto accumulated = [&](bool in_turn) {
    Stage stage(stage_.spec());
    std::ranges::copy(stage_.parameters(), stage.parameters().begin());
    Pass first = stage.make_pass(), second = stage.make_pass();
    std::vector<float> dy = weights_, dx;
    const auto half = [&](std::size_t from, std::size_t rows) {
      return std::span(dy).subspan(from * outputs(), rows * outputs());
    };
    const auto backward = [&](Pass& pass, std::span<float> gradient) {
      const auto got = floats_in(stage.input_gradient(pass, std::as_writable_bytes(gradient)));
      dx.insert(dx.end(), got.begin(), got.end());
    };
    stage.forward(first, input(0, 3), 3, {.training = true, .step = 3, .first_row = 0});
    if (in_turn) backward(first, half(0, 3)), stage.accumulate(first);
    stage.forward(second, input(3, 2), 2, {.training = true, .step = 3, .first_row = 3});
    if (!in_turn) backward(first, half(0, 3));
    backward(second, half(3, 2));
    if (!in_turn) stage.accumulate(first);
    stage.accumulate(second);
    dx.insert(dx.end(), stage.gradients().begin(), stage.gradients().end());
    return dx;
  };
  EXPECT_EQ(accumulated(false), accumulated(true));
}

// Nor in evaluation on the batch. Batch normalization is what depends on it in training.
TEST_P(LayerExamples, ARowDoesNotDependOnItsMicroBatch) {
  for (const bool training : {true, false}) {
    if (training && layer()->type() == "batch_norm2d") continue;
    const auto outputs_of = [&](std::size_t from, std::size_t rows) {
      const Occasion occasion{training, 3, static_cast<std::uint32_t>(from)};
      const auto y = floats_in(stage_.forward(pass_, input(from, rows), rows, occasion));
      return std::vector<float>(y.begin(), y.end());
    };
    const std::vector<float> whole = outputs_of(0, kExampleRows);
    std::vector<float> parts = outputs_of(0, 3);
    const std::vector<float> rest = outputs_of(3, kExampleRows - 3);
    parts.insert(parts.end(), rest.begin(), rest.end());
    EXPECT_EQ(parts, whole) << (training ? "training" : "evaluation");
  }
}

}  // namespace
}  // namespace mixnn
