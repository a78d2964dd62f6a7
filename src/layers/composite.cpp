#include "mixnn/layers/composite.hpp"

#include <algorithm>

namespace mixnn {

std::vector<LayerSpec> nested_layers(const JsonValue& json, std::string_view name) {
  std::vector<LayerSpec> layers;
  for (PlacedLayer& placed : placed_layers(json.member(name)))
    layers.push_back(std::move(placed.layer));
  return layers;
}

std::string nested_problem(std::span<const LayerSpec> layers, std::string_view name,
                           const Shape& input) {
  Shape shape = input;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::string problem = layers[i]->shape_problem(shape);
    if (layers[i]->takes_indices())
      problem = std::string(layers[i]->type()) + " cannot be within another layer";
    if (!problem.empty()) return std::string(name) + "[" + std::to_string(i) + "]: " + problem;
    shape = layers[i]->output_shape(shape);
  }
  return {};
}

std::vector<ParameterTensor> nested_tensors(std::span<const LayerSpec> layers,
                                            std::string_view name, const Shape& input) {
  std::vector<ParameterTensor> tensors;
  std::size_t index = 0;
  each_with_shape(layers, input, [&](const LayerSpec& layer, const Shape& shape) {
    const std::string prefix =
        std::string(name) + (name.empty() ? "" : ".") + std::to_string(index++) + ".";
    for (ParameterTensor& tensor : layer->parameter_tensors(shape)) {
      tensor.name = prefix + tensor.name;
      tensors.push_back(std::move(tensor));
    }
  });
  return tensors;
}

double nested_multiplications(std::span<const LayerSpec> layers, const Shape& input) {
  double count = 0;
  each_with_shape(layers, input, [&](const LayerSpec& layer, const Shape& shape) {
    count += layer->multiplications(shape);
  });
  return count;
}

bool any_draws(std::span<const LayerSpec> layers) {
  return std::ranges::any_of(layers, [](const LayerSpec& layer) { return layer->draws(); });
}

}  // namespace mixnn
