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
  bias_ = parameters.last(out_);
  weight_gradient_ = gradients.first(out_ * in_);
  bias_gradient_ = gradients.last(out_);
}

bool Linear::absorb(const Layer& behind) {
  if (relu_ || dynamic_cast<const Relu*>(&behind) == nullptr) return false;
  return relu_ = true;
}

void Linear::forward(const LayerCall& call) const {
  products_.nt(call.x.floats(), as_matrix(weight_, out_, in_), 0.0f, call.y);
  if (relu_)
    add_bias_relu(bias_, call.y);
  else
    add_bias(bias_, call.y);
}

void Linear::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  if (relu_) relu_mask(call.y.values(), dy.values(), dy.values());
  if (!dx.empty()) products_.nn(dy, as_matrix(weight_, out_, in_), 0.0f, dx);
}

void Linear::accumulate(const LayerCall& call, ConstMatrix dy) {
  products_.tn(dy, call.x.floats(), 1.0f, as_matrix(weight_gradient_, out_, in_));
  add_column_sums(dy, bias_gradient_);
}

LinearSpec LinearSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "out_features"});
  return LinearSpec(json.member("out_features").integer(1, kMaxFeatures));
}

std::vector<LayerExample> LinearSpec::examples() {
  return {{LinearSpec(7), {12}}, {LinearSpec(1), {3}}};
}

void LinearSpec::write(nlohmann::json& json) const { json["out_features"] = out_features_; }

std::string LinearSpec::shape_problem(const Shape& input) const {
  if (input.size() == 1) return {};
  return "linear takes flat inputs, but gets " + shape_text(input) +
         "; put {\"type\": \"flatten\"} before it";
}

Shape LinearSpec::output_shape(const Shape&) const { return {out_features_}; }

std::vector<ParameterTensor> LinearSpec::parameter_tensors(const Shape& input) const {
  const std::int64_t in = element_count(input);
  const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(in)));
  return {{"weight", {out_features_, in}, uniform_within(bound)},
          {"bias", {out_features_}, uniform_within(bound)}};
}

double LinearSpec::multiplications(const Shape& input) const {
  return static_cast<double>(out_features_ * element_count(input));
}

std::unique_ptr<Layer> LinearSpec::make(const LayerSetting& setting) const {
  return std::make_unique<Linear>(static_cast<std::size_t>(element_count(setting.input)),
                                  static_cast<std::size_t>(out_features_), setting.products);
}

}  // namespace mixnn
