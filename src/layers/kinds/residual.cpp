#include "mixnn/layers/kinds/residual.hpp"

#include <algorithm>
#include <iterator>

#include "mixnn/layers/composite.hpp"
#include "mixnn/layers/kinds/dropout.hpp"
#include "mixnn/layers/kinds/layer_norm.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/layers/recomputed.hpp"
#include "mixnn/tensor/clones.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void sum_kernel(const float* __restrict a, const float* __restrict b,
                             float* __restrict sum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sum[i] = a[i] + b[i];
}

MIXNN_CLONES void add_to_kernel(const float* __restrict a, float* __restrict sum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += a[i];
}

}  // namespace

extern const LayerKind residual_kind = kind_of<ResidualSpec>();

Residual::Residual(Chain layers, std::optional<Chain> shortcut, std::size_t parameters_of_layers,
                   std::size_t outputs, const LayerSetting& setting)
    : layers_(std::move(layers)),
      shortcut_(std::move(shortcut)),
      parameters_of_layers_(parameters_of_layers),
      inputs_(static_cast<std::size_t>(element_count(setting.input))),
      outputs_(outputs),
      products_(setting.products) {
  const std::size_t y = setting.max_rows * outputs_ * sizeof(float);
  const std::size_t dx = setting.max_rows * inputs_ * sizeof(float);
  at_.layers = layout_.add(layers_.workspace_bytes());
  at_.y = layout_.add(y);
  at_.dy = layout_.add(y);
  if (!shortcut_) return;
  at_.shortcut = layout_.add(shortcut_->workspace_bytes());
  at_.shortcut_y = layout_.add(y);
  at_.shortcut_dx = layout_.add(setting.input_gradient ? dx : 0);
}

void Residual::bind(std::span<float> parameters, std::span<float> gradients) {
  layers_.bind(parameters.first(parameters_of_layers_), gradients.first(parameters_of_layers_));
  if (shortcut_)
    shortcut_->bind(parameters.subspan(parameters_of_layers_),
                    gradients.subspan(parameters_of_layers_));
}

std::size_t Residual::scratch_bytes() const {
  return layers_.scratch_bytes() + (shortcut_ ? shortcut_->scratch_bytes() : 0);
}

LayerCall Residual::layers_call(const LayerCall& call) const {
  const Matrix y = as_matrix(call.work<float>(call.y.size(), at_.y), call.y.rows, outputs_);
  return {call.x, y, call.workspace.subspan(at_.layers, layers_.workspace_bytes()), call.occasion};
}

LayerCall Residual::shortcut_call(const LayerCall& call) const {
  const Matrix y =
      as_matrix(call.work<float>(call.y.size(), at_.shortcut_y), call.y.rows, outputs_);
  return {call.x, y, call.workspace.subspan(at_.shortcut, shortcut_->workspace_bytes()),
          call.occasion};
}

void Residual::forward(const LayerCall& call) const {
  const LayerCall layers = layers_call(call);
  layers_.forward(layers);
  ConstMatrix other;
  if (shortcut_) {
    const LayerCall shortcut = shortcut_call(call);
    shortcut_->forward(shortcut);
    other = shortcut.y;
  } else {
    other = call.x.floats();
  }
  products_.each(call.y.size(), [&](std::size_t from, std::size_t count) {
    sum_kernel(layers.y.data + from, other.data + from, call.y.data + from, count);
  });
}

// The layers have a gradient of their own, as they may overwrite it.
void Residual::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  const Matrix own = as_matrix(call.work<float>(dy.size(), at_.dy), dy.rows, outputs_);
  std::ranges::copy(dy.values(), own.data);
  layers_.input_gradient(layers_call(call), own, dx);
  Matrix other = dy;
  if (shortcut_) {
    other = as_matrix(call.work<float>(dx.size(), at_.shortcut_dx), dx.rows, dx.cols);
    shortcut_->input_gradient(shortcut_call(call), dy, other);
  }
  products_.each(dx.size(), [&](std::size_t from, std::size_t count) {
    add_to_kernel(other.data + from, dx.data + from, count);
  });
}

void Residual::accumulate(const LayerCall& call, ConstMatrix dy) {
  layers_.accumulate(layers_call(call),
                     as_matrix(call.work<float>(dy.size(), at_.dy), dy.rows, outputs_));
  if (shortcut_) shortcut_->accumulate(shortcut_call(call), dy);
}

ResidualSpec ResidualSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "layers"}, {"shortcut", "recompute"});
  ResidualSpec spec(nested_layers(json, "layers"));
  if (json.has("shortcut")) spec.shortcut_ = nested_layers(json, "shortcut");
  if (json.has("recompute")) spec.recompute_ = json.member("recompute").boolean();
  return spec;
}

std::vector<LayerExample> ResidualSpec::examples() {
  const std::vector<LayerSpec> layers{LayerNormSpec(), LinearSpec(9), DropoutSpec(0.25f),
                                      LinearSpec(5), ReluSpec()};
  return {{ResidualSpec(layers), {5}},
          {ResidualSpec(layers, {LinearSpec(5, false), DropoutSpec()}), {2, 3}},
          {ResidualSpec(layers, {}, true), {2, 5}},
          {ResidualSpec({ResidualSpec(layers, {}, true), DropoutSpec()}, {LinearSpec(5)}, true),
           {2, 5}}};
}

void ResidualSpec::write(nlohmann::json& json) const {
  json["layers"] = layers_to_json(layers_);
  if (!shortcut_.empty()) json["shortcut"] = layers_to_json(shortcut_);
  json["recompute"] = recompute_;
}

std::string ResidualSpec::shape_problem(const Shape& input) const {
  std::string problem = nested_problem(layers_, "layers", input);
  if (problem.empty()) problem = nested_problem(shortcut_, "shortcut", input);
  if (!problem.empty()) return problem;
  const Shape output = output_shape(input), other = mixnn::output_shape(shortcut_, input);
  if (output == other) return {};
  return "residual adds what its layers give, " + shape_text(output) + ", to " + shape_text(other) +
         (shortcut_.empty() ? ", its input" : ", what its shortcut gives") +
         "; the shapes must be the same";
}

Shape ResidualSpec::output_shape(const Shape& input) const {
  return mixnn::output_shape(layers_, input);
}

std::vector<ParameterTensor> ResidualSpec::parameter_tensors(const Shape& input) const {
  std::vector<ParameterTensor> tensors = nested_tensors(layers_, "layers", input);
  std::ranges::move(nested_tensors(shortcut_, "shortcut", input), std::back_inserter(tensors));
  return tensors;
}

double ResidualSpec::multiplications(const Shape& input) const {
  return nested_multiplications(layers_, input) + nested_multiplications(shortcut_, input);
}

bool ResidualSpec::draws() const { return any_draws(layers_) || any_draws(shortcut_); }

std::unique_ptr<Layer> ResidualSpec::make(const LayerSetting& setting) const {
  const auto of_shortcut = static_cast<std::uint32_t>(layers_.size());
  std::size_t parameters = 0;
  each_with_shape(layers_, setting.input, [&](const LayerSpec& layer, const Shape& shape) {
    parameters += layer->parameter_count(shape);
  });
  std::optional<Chain> shortcut;
  if (!shortcut_.empty())
    shortcut.emplace(shortcut_, layer_keys(shortcut_, setting.key, of_shortcut), setting);
  const auto outputs = static_cast<std::size_t>(element_count(output_shape(setting.input)));
  auto layer = std::make_unique<Residual>(Chain(layers_, layer_keys(layers_, setting.key), setting),
                                          std::move(shortcut), parameters, outputs, setting);
  if (!recompute_) return layer;
  return std::make_unique<Recomputed>(std::move(layer), setting, outputs);
}

}  // namespace mixnn
