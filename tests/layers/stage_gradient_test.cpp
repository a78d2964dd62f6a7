// The stage's gradients against central finite differences of the same network in double precision.
#include <gtest/gtest.h>

#include "layers/reference_network.hpp"
#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {
namespace {

using testing_reference::draw;
using testing_reference::draw_bytes;
using testing_reference::floats_in;
using testing_reference::forward;
using testing_reference::writable;

constexpr std::size_t kRows = 5;
constexpr double kStep = 1e-6, kTolerance = 2e-5;

struct Case {
  std::string name;
  ElementType input;
  std::vector<LayerSpec> layers;
};

StageSpec spec_of(const Case& c) {
  StageSpec spec;
  spec.input_type = c.input;
  spec.input_gradient = c.input != ElementType::kUint8;
  if (!spec.input_gradient) spec.scale = 1.0f / 128;
  const bool flat = !c.layers.empty() && c.layers[0]->type() == LinearSpec::kType;
  spec.input_shape = flat ? Shape{12} : Shape{3, 4};
  spec.layers = c.layers;
  spec.max_rows = kRows + 2;
  return spec;
}

// L = sum of weights * outputs, as a function of parameters and inputs.
struct Objective {
  StageSpec spec;
  std::vector<float> weights;

  double operator()(const std::vector<double>& parameters, const std::vector<double>& x) const {
    const std::vector<double> y = forward(spec, parameters, x, kRows);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += weights[i] * y[i];
    return sum;
  }
};

template <class F>
double central_difference(double& x, F f) {
  const double before = x;
  x = before + kStep;
  const double above = f();
  x = before - kStep;
  const double below = f();
  x = before;
  return (above - below) / (2 * kStep);
}

class StageGradient : public testing::TestWithParam<Case> {};

TEST_P(StageGradient, MatchesFiniteDifferences) {
  const StageSpec spec = spec_of(GetParam());
  const bool raw = !spec.input_gradient;
  Stage stage(spec);
  std::ranges::copy(draw(stage.parameter_count(), 1), stage.parameters().begin());

  const std::vector<std::byte> bytes = draw_bytes(kRows * 12, 2);
  const std::vector<float> floats = draw(kRows * 12, 3);
  std::vector<double> x(floats.begin(), floats.end());
  if (raw)
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = spec.scale * std::to_integer<int>(bytes[i]);
  std::vector<double> parameters(stage.parameters().begin(), stage.parameters().end());

  Pass pass = stage.make_pass();
  const auto output = floats_in(
      stage.forward(pass, raw ? ConstBytes(bytes) : bytes_of(std::span(floats)), kRows, {}));
  const std::vector<double> expected_output = forward(spec, parameters, x, kRows);
  ASSERT_EQ(output.size(), expected_output.size());
  for (std::size_t i = 0; i < output.size(); ++i)
    EXPECT_NEAR(output[i], expected_output[i], kTolerance);

  const Objective objective{spec, draw(output.size(), 4)};
  std::vector<float> output_gradient = objective.weights;
  const auto input_gradient = floats_in(stage.input_gradient(pass, writable(output_gradient)));
  stage.accumulate(pass);

  ASSERT_EQ(input_gradient.size(), raw ? 0u : x.size());
  for (std::size_t i = 0; i < input_gradient.size(); ++i)
    EXPECT_NEAR(input_gradient[i],
                central_difference(x[i], [&] { return objective(parameters, x); }), kTolerance)
        << i;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    EXPECT_NEAR(stage.gradients()[i],
                central_difference(parameters[i], [&] { return objective(parameters, x); }),
                kTolerance)
        << i;
}

constexpr auto kRaw = ElementType::kUint8;
constexpr auto kFloat = ElementType::kFloat32;
INSTANTIATE_TEST_SUITE_P(
    Stages, StageGradient,
    testing::Values(
        Case{"linear", kFloat, {LinearSpec{7}}},
        Case{"linear_relu", kFloat, {LinearSpec{7}, ReluSpec{}}},
        Case{"relu", kFloat, {ReluSpec{}}}, Case{"flatten", kFloat, {FlattenSpec{}}},
        Case{"relu_flatten_linear", kFloat, {ReluSpec{}, FlattenSpec{}, LinearSpec{3}}},
        Case{"relu_twice", kFloat, {LinearSpec{6}, ReluSpec{}, ReluSpec{}, LinearSpec{3}}},
        Case{"three_linear",
             kFloat,
             {LinearSpec{8}, ReluSpec{}, LinearSpec{6}, LinearSpec{4}, ReluSpec{}}},
        Case{"raw_first", kRaw, {FlattenSpec{}, LinearSpec{9}, ReluSpec{}, LinearSpec{4}}},
        Case{"raw_relu_first", kRaw, {ReluSpec{}, FlattenSpec{}, LinearSpec{9}}},
        Case{"raw_without_parameters", kRaw, {FlattenSpec{}}}, Case{"raw_relu", kRaw, {ReluSpec{}}},
        Case{"no_layers", kFloat, {}}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace mixnn
