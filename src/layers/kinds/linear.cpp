#include "mixnn/layers/kinds/linear.hpp"

#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {
namespace {

constexpr std::int64_t kMaxFeatures = 65536;

}  // namespace

void Linear::bind(std::span<float> parameters, std::span<float> gradients) {
  MIXNN_CHECK(parameters.size() == parameter_count() && gradients.size() == parameter_count(),
              "size of a layer");
  weight_ = parameters.first(out_ * in_);
  bias_ = parameters.last(out_);
  weight_gradient_ = gradients.first(out_ * in_);
  bias_gradient_ = gradients.last(out_);
}

void Linear::forward(ConstMatrix x, Matrix y) const {
  products_.nt(x, as_matrix(weight_, out_, in_), 0.0f, y);
  if (then_ == Then::kRelu)
    add_bias_relu(bias_, y);
  else
    add_bias(bias_, y);
}

void Linear::input_gradient(ConstMatrix y, Matrix dy, Matrix dx) const {
  if (then_ == Then::kRelu) relu_mask(y.values(), dy.values(), dy.values());
  if (!dx.empty()) products_.nn(dy, as_matrix(weight_, out_, in_), 0.0f, dx);
}

void Linear::accumulate(ConstMatrix x, ConstMatrix dy) {
  products_.tn(dy, x, 1.0f, as_matrix(weight_gradient_, out_, in_));
  add_column_sums(dy, bias_gradient_);
}

std::string shape_problem(const LinearSpec&, const Shape& input) {
  if (input.size() == 1) return {};
  return "linear takes flat inputs, but gets " + shape_text(input) +
         "; put {\"type\": \"flatten\"} before it";
}

Shape output_shape(const LinearSpec& layer, const Shape&) { return {layer.out_features}; }

std::vector<ParameterTensor> parameter_tensors(const LinearSpec& layer, const Shape& input) {
  return {{"weight", {layer.out_features, element_count(input)}}, {"bias", {layer.out_features}}};
}

LinearSpec linear_from_json(const JsonValue& json) {
  json.expect_keys({"type", "out_features"});
  return {json.member("out_features").integer(1, kMaxFeatures)};
}

nlohmann::json layer_to_json(const LinearSpec& layer) {
  return {{"type", "linear"}, {"out_features", layer.out_features}};
}

}  // namespace mixnn
