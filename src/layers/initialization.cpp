#include "mixnn/layers/initialization.hpp"

#include <cmath>

#include "mixnn/base/random.hpp"
#include "mixnn/layers/layer.hpp"

namespace mixnn {
namespace {

void draw_layer(const Shape& input, std::size_t count, std::uint64_t seed,
                std::uint32_t layer_index, std::vector<float>& out) {
  const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(element_count(input))));
  CounterRng rng(seed, RandomPurpose::kInitialization, layer_index);
  for (std::size_t i = 0; i < count; ++i) out.push_back((2.0f * rng.uniform() - 1.0f) * bound);
}

}  // namespace

std::vector<std::vector<float>> initial_parameters(const ModelSpec& model, std::uint64_t seed) {
  std::vector<std::vector<float>> stages;
  Shape shape = model.input_shape;
  std::uint32_t layer_index = 0;
  for (const auto& layers : model.stages) {
    stages.emplace_back();
    for (const LayerSpec& layer : layers) {
      draw_layer(shape, parameter_count(layer, shape), seed, layer_index++, stages.back());
      shape = output_shape(layer, shape);
    }
  }
  return stages;
}

}  // namespace mixnn
