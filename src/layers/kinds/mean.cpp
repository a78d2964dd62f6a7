#include "mixnn/layers/kinds/mean.hpp"

#include <algorithm>

#include "mixnn/tensor/clones.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void mean_kernel(const float* __restrict x, float* __restrict y, std::size_t count,
                              std::size_t features) {
  for (std::size_t i = 0; i < count; ++i, x += features)
    for (std::size_t c = 0; c < features; ++c) y[c] += x[c];
  const float factor = 1.0f / static_cast<float>(count);
  for (std::size_t c = 0; c < features; ++c) y[c] *= factor;
}

MIXNN_CLONES void mean_backward(const float* __restrict dy, float* __restrict dx, std::size_t count,
                                std::size_t features) {
  const float factor = 1.0f / static_cast<float>(count);
  for (std::size_t i = 0; i < count; ++i, dx += features)
    for (std::size_t c = 0; c < features; ++c) dx[c] = dy[c] * factor;
}

}  // namespace

extern const LayerKind mean_kind = kind_of<MeanSpec>();

void Mean::forward(const LayerCall& call) const {
  const ConstMatrix x = call.x.floats();
  std::ranges::fill(call.y.values(), 0.0f);
  for (std::size_t row = 0; row < x.rows; ++row)
    mean_kernel(x.data + row * x.cols, call.y.data + row * features_, count_, features_);
}

void Mean::input_gradient(const LayerCall&, Matrix dy, Matrix dx) const {
  for (std::size_t row = 0; row < dx.rows; ++row)
    mean_backward(dy.data + row * features_, dx.data + row * dx.cols, count_, features_);
}

MeanSpec MeanSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "dim"});
  const JsonValue dim = json.member("dim");
  if (!dim.is_array()) return MeanSpec({dim.integer(1, 1)});
  const std::vector<JsonValue> two = dim.items(2);
  if (two.size() != 2) dim.fail("must be 1 or [2, 3]");
  return MeanSpec({two[0].integer(2, 2), two[1].integer(3, 3)});
}

std::vector<LayerExample> MeanSpec::examples() {
  return {{MeanSpec({1}), {3, 4}}, {MeanSpec({2, 3}), {2, 3, 4}}};
}

void MeanSpec::write(nlohmann::json& json) const {
  if (dim_.size() == 1)
    json["dim"] = dim_[0];
  else
    json["dim"] = dim_;
}

std::string MeanSpec::shape_problem(const Shape& input) const {
  if (dim_.size() == 1 && input.size() != 2)
    return "mean over dimension 1 takes tokens and features, but gets " + shape_text(input);
  if (dim_.size() == 2 && input.size() != 3)
    return "mean over dimensions 2 and 3 takes channels, height and width, but gets " +
           shape_text(input);
  return {};
}

Shape MeanSpec::output_shape(const Shape& input) const {
  return {dim_.size() == 1 ? input[1] : input[0]};
}

std::vector<ParameterTensor> MeanSpec::parameter_tensors(const Shape&) const { return {}; }

double MeanSpec::multiplications(const Shape& input) const {
  return static_cast<double>(element_count(input));
}

// Images lie channels last: both are runs of features.
std::unique_ptr<Layer> MeanSpec::make(const LayerSetting& setting) const {
  const std::int64_t features = output_shape(setting.input)[0];
  return std::make_unique<Mean>(static_cast<std::size_t>(element_count(setting.input) / features),
                                static_cast<std::size_t>(features));
}

}  // namespace mixnn
