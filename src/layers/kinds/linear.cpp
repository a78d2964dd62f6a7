#include "mixnn/layers/kinds/linear.hpp"

#include <cmath>

#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {
namespace {

constexpr std::int64_t kMaxFeatures = 65536;

}  // namespace

extern const LayerKind linear_kind = kind_of<LinearSpec>();

void Linear::bind(std::span<float> parameters, std::span<float> gradients) {
  MIXNN_CHECK(parameters.size() == parameter_count() && gradients.size() == parameter_count(),
              "size of a layer");
  weight_ = parameters.first(out_ * in_);
  bias_ = parameters.last(biases_);
  weight_gradient_ = gradients.first(out_ * in_);
  bias_gradient_ = gradients.last(biases_);
}

bool Linear::absorb(const Layer& behind) {
  if (relu_ || dynamic_cast<const Relu*>(&behind) == nullptr) return false;
  return relu_ = true;
}

ConstMatrix Linear::rows_of_inputs(const LayerCall& call) const {
  const ConstMatrix x = call.x.floats();
  return {x.data, x.size() / in_, in_};
}

void Linear::forward(const LayerCall& call) const {
  const Matrix y{call.y.data, call.y.size() / out_, out_};
  products_.nt(rows_of_inputs(call), as_matrix(weight_, out_, in_), 0.0f, y);
  if (relu_ && biases_ == 0)
    relu(y.values());
  else if (relu_)
    add_bias_relu(bias_, y);
  else if (biases_ > 0)
    add_bias(bias_, y);
}

void Linear::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  if (relu_) relu_mask(call.y.values(), dy.values(), dy.values());
  if (dx.empty()) return;
  const std::size_t rows = dy.size() / out_;
  products_.nn({dy.data, rows, out_}, as_matrix(weight_, out_, in_), 0.0f, {dx.data, rows, in_});
}

void Linear::accumulate(const LayerCall& call, ConstMatrix dy) {
  const ConstMatrix dy_rows{dy.data, dy.size() / out_, out_};
  products_.tn(dy_rows, rows_of_inputs(call), 1.0f, as_matrix(weight_gradient_, out_, in_));
  if (biases_ > 0) add_column_sums(dy_rows, bias_gradient_);
}

LinearSpec LinearSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "out_features"}, {"bias"});
  return LinearSpec(json.member("out_features").integer(1, kMaxFeatures),
                    !json.has("bias") || json.member("bias").boolean());
}

std::vector<LayerExample> LinearSpec::examples() {
  return {{LinearSpec(7), {12}},
          {LinearSpec(1), {3}},
          {LinearSpec(5, false), {6}},
          {LinearSpec(4), {3, 5}}};
}

void LinearSpec::write(nlohmann::json& json) const {
  json["out_features"] = out_features_;
  if (!bias_) json["bias"] = false;
}

std::string LinearSpec::shape_problem(const Shape& input) const {
  if (input.size() <= 2) return {};
  return "linear takes one or two dimensions, but gets " + shape_text(input) +
         "; put {\"type\": \"flatten\"} before it";
}

Shape LinearSpec::output_shape(const Shape& input) const {
  Shape output = input;
  output.back() = out_features_;
  return output;
}

std::vector<ParameterTensor> LinearSpec::parameter_tensors(const Shape& input) const {
  const std::int64_t in = input.back();
  const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(in)));
  std::vector<ParameterTensor> tensors{{"weight", {out_features_, in}, uniform_within(bound)}};
  if (bias_) tensors.push_back({"bias", {out_features_}, uniform_within(bound)});
  return tensors;
}

double LinearSpec::multiplications(const Shape& input) const {
  return static_cast<double>(out_features_ * element_count(input));
}

std::unique_ptr<Layer> LinearSpec::make(const LayerSetting& setting) const {
  const bool of_tokens = setting.input.size() == 2;
  return std::make_unique<Linear>(static_cast<std::size_t>(setting.input.back()),
                                  static_cast<std::size_t>(out_features_), bias_,
                                  of_tokens ? setting.products.of_tokens() : setting.products);
}

}  // namespace mixnn
