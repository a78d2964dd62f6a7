// Layers on images against PyTorch: tests/golden/make_images.py.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "layers/reference_network.hpp"
#include "mixnn/layers/image.hpp"
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {
namespace {

using Numbers = std::vector<float>;

constexpr double kImageTolerance = 1e-5;  // of a tensor's largest value

const nlohmann::json& image_cases() {
  static const nlohmann::json cases = [] {
    std::ifstream in(std::string(MIXNN_SOURCE_DIR) + "/tests/golden/images.json");
    return nlohmann::json::parse(in);
  }();
  return cases;
}

// From channels first, as PyTorch has them, to channels last, or back.
Numbers reordered(const Numbers& values, const Shape& shape, bool to_last) {
  if (!is_image(shape)) return values;
  const std::size_t channels = channels_of(shape), pixels = plane_of(shape).pixels();
  Numbers result(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t row = i / (channels * pixels), within = i % (channels * pixels);
    const std::size_t last = row * channels * pixels + within % pixels * channels + within / pixels;
    (to_last ? result[last] : result[i]) = to_last ? values[i] : values[last];
  }
  return result;
}

class ImageGolden : public testing::TestWithParam<std::size_t> {
 protected:
  ImageGolden() : case_(image_cases().at(GetParam())), stage_(spec()) {
    std::ranges::copy(numbers("parameters"), stage_.parameters().begin());
  }
  StageSpec spec() const {
    StageSpec spec;
    for (const nlohmann::json& layer : case_.at("layers"))
      spec.layers.push_back(layer_from_json(JsonValue(layer, "images.json")));
    spec.input_shape = case_.at("shape").get<Shape>();
    spec.max_rows = case_.at("rows").get<std::int64_t>();
    return spec;
  }
  Numbers numbers(const char* key) const { return case_.at(key).get<Numbers>(); }
  Numbers forward(Numbers& x, bool training) {
    const auto y = testing_reference::floats_in(stage_.forward(
        pass_, testing_reference::writable(x), rows(), {.training = training, .step = 0}));
    return reordered({y.begin(), y.end()}, stage_.spec().output_shape(), false);
  }
  Numbers backward() {
    dy_ = reordered(numbers("dy"), stage_.spec().output_shape(), true);
    const auto dx = testing_reference::floats_in(
        stage_.input_gradient(pass_, testing_reference::writable(dy_)));
    stage_.accumulate(pass_);
    return reordered({dx.begin(), dx.end()}, stage_.spec().input_shape, false);
  }
  // The values of trained tensors.
  Numbers trained(std::span<const float> values) const {
    Numbers result;
    for (const ParameterTensor& tensor : stage_.spec().parameter_tensors()) {
      const auto size = static_cast<std::size_t>(element_count(tensor.shape));
      if (tensor.trained) result.insert(result.end(), values.begin(), values.begin() + size);
      values = values.subspan(size);
    }
    return result;
  }
  std::size_t rows() const { return case_.at("rows").get<std::size_t>(); }
  void expect(const Numbers& got, const char* key) const {
    const Numbers expected = numbers(key);
    ASSERT_EQ(got.size(), expected.size()) << key << " of " << case_.at("layers");
    float largest = 0;
    for (const float value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got[i], expected[i], kImageTolerance * largest)
          << key << " " << i << " of " << case_.at("layers") << " on " << case_.at("shape");
  }

  const nlohmann::json& case_;
  Stage stage_;
  Pass pass_ = stage_.make_pass();
  Numbers dy_;
};
INSTANTIATE_TEST_SUITE_P(Cases, ImageGolden, testing::Range(std::size_t{0}, image_cases().size()));

TEST_P(ImageGolden, MatchesPyTorch) {
  Numbers x = reordered(numbers("x"), stage_.spec().input_shape, true);
  expect(forward(x, true), "y");
  expect(backward(), "dx");
  expect(trained(stage_.gradients()), "gradients");
  if (!case_.contains("state_after")) return;
  Numbers half = x;
  for (float& value : half) value /= 2;
  forward(half, true);
  backward();
  const std::span<const float> state = stage_.parameters();
  expect({state.begin(), state.end()}, "state_after");
  expect(forward(x, false), "evaluation");
}

}  // namespace
}  // namespace mixnn
