#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mixnn/layers/layer_kind.hpp"

// What layers made of layers say of a list of those, which JSON calls `name`: "layers[2]" is the
// third of "layers".
namespace mixnn {

std::vector<LayerSpec> nested_layers(const JsonValue& json, std::string_view name);
std::string nested_problem(std::span<const LayerSpec> layers, std::string_view name,
                           const Shape& input);
// Their names are PyTorch's of a Sequential of this name: "layers.2.weight"; without one,
// "2.weight".
std::vector<ParameterTensor> nested_tensors(std::span<const LayerSpec> layers,
                                            std::string_view name, const Shape& input);
double nested_multiplications(std::span<const LayerSpec> layers, const Shape& input);
bool any_draws(std::span<const LayerSpec> layers);

}  // namespace mixnn
