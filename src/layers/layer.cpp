#include "mixnn/layers/layer.hpp"

#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"

namespace mixnn {
void Layer::bind(std::span<float> parameters, std::span<float> gradients) {
  MIXNN_CHECK(parameters.empty() && gradients.empty(), "this layer has no parameters");
}

void Layer::accumulate(ConstMatrix, ConstMatrix) {}

std::string shape_problem(const LayerSpec& layer, const Shape& input) {
  return std::visit([&](const auto& spec) { return shape_problem(spec, input); }, layer);
}

Shape output_shape(const LayerSpec& layer, const Shape& input) {
  return std::visit([&](const auto& spec) { return output_shape(spec, input); }, layer);
}

std::vector<ParameterTensor> parameter_tensors(const LayerSpec& layer, const Shape& input) {
  return std::visit([&](const auto& spec) { return parameter_tensors(spec, input); }, layer);
}

std::size_t parameter_count(const LayerSpec& layer, const Shape& input) {
  std::int64_t count = 0;
  for (const ParameterTensor& tensor : parameter_tensors(layer, input))
    count += element_count(tensor.shape);
  return static_cast<std::size_t>(count);
}

LayerSpec layer_from_json(const JsonValue& json) {
  const JsonValue type = json.member("type");
  const std::string name = type.text();
  if (name == "flatten") return flatten_from_json(json);
  if (name == "linear") return linear_from_json(json);
  if (name == "relu") return relu_from_json(json);
  type.fail("unknown layer type \"" + name + "\"; known: flatten, linear, relu");
}

nlohmann::json layer_to_json(const LayerSpec& layer) {
  return std::visit([](const auto& spec) { return layer_to_json(spec); }, layer);
}

}  // namespace mixnn
