// Outputs and gradients of single layers against PyTorch's: tests/golden/make_layers.py.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "layers/layer_examples.hpp"
#include "layers/reference_network.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {
namespace {

using testing_reference::floats_in;
using testing_reference::writable;

constexpr double kOfTheLargest = 1e-5;

struct GoldenCase {
  nlohmann::json json;
};

std::vector<GoldenCase> golden_layers() {
  std::ifstream in(std::string(MIXNN_SOURCE_DIR) + "/tests/golden/layers.json");
  std::vector<GoldenCase> cases;
  const nlohmann::json all = nlohmann::json::parse(in);
  for (const nlohmann::json& json : all) cases.push_back({json});
  return cases;
}

class GoldenLayer : public testing::TestWithParam<GoldenCase> {
 protected:
  std::vector<float> values(const char* key) const {
    return GetParam().json.at(key).get<std::vector<float>>();
  }
  std::size_t rows() const { return GetParam().json.at("rows").get<std::size_t>(); }
};
std::string golden_name(const testing::TestParamInfo<GoldenCase>& info) {
  return info.param.json.at("layer").at("type").get<std::string>() + "_" +
         std::to_string(info.index);
}
INSTANTIATE_TEST_SUITE_P(Kinds, GoldenLayer, testing::ValuesIn(golden_layers()), golden_name);

void expect_close(std::span<const float> got, const std::vector<float>& expected,
                  const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  double largest = 0;
  for (const float x : expected) largest = std::max(largest, std::abs(static_cast<double>(x)));
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], expected[i], kOfTheLargest * largest) << what << " " << i;
}

TEST_P(GoldenLayer, GivesPyTorchsOutputsAndGradients) {
  const nlohmann::json& golden = GetParam().json;
  const LayerSpec layer = layer_from_json(JsonValue(golden.at("layer"), "golden"));
  const auto shape = golden.at("shape").get<Shape>();
  ASSERT_EQ(layer->shape_problem(shape), "");
  Stage stage(testing_reference::example_stage(layer, shape, rows()));
  const std::vector<ParameterTensor> tensors = layer->parameter_tensors(shape);
  ASSERT_EQ(tensors.size(), golden.at("parameters").size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const nlohmann::json& tensor = golden.at("parameters").at(i);
    EXPECT_EQ(tensors[i].name, tensor.at("name").get<std::string>());
    const auto of_tensor = tensor.at("values").get<std::vector<float>>();
    ASSERT_EQ(static_cast<std::size_t>(element_count(tensors[i].shape)), of_tensor.size());
    std::ranges::copy(of_tensor, stage.parameters().begin() + static_cast<std::ptrdiff_t>(at));
    at += of_tensor.size();
  }
  std::vector<float> x = values("x"), dy = values("dy");
  std::vector<std::byte> indices;
  if (layer->takes_indices())
    for (const float index : x) indices.push_back(static_cast<std::byte>(index));
  Pass pass = stage.make_pass();
  const ConstBytes input = layer->takes_indices() ? ConstBytes(indices) : writable(x);
  expect_close(floats_in(stage.forward(pass, input, rows(), {.training = true})), values("y"), "y");
  expect_close(floats_in(stage.input_gradient(pass, writable(dy))), values("dx"), "dx");
  stage.accumulate(pass);
  at = 0;
  for (const nlohmann::json& tensor : golden.at("parameters")) {
    const auto gradient = tensor.at("gradient").get<std::vector<float>>();
    expect_close(stage.gradients().subspan(at, gradient.size()), gradient, tensor.at("name"));
    at += gradient.size();
  }
}

}  // namespace
}  // namespace mixnn
