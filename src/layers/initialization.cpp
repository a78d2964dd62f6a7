#include "mixnn/layers/initialization.hpp"

#include <algorithm>

#include "mixnn/base/random.hpp"
#include "mixnn/layers/tied.hpp"

namespace mixnn {
namespace {

void draw_layer(const LayerSpec& layer, const Shape& input, CounterRng rng,
                std::vector<float>& out) {
  for (const ParameterTensor& tensor : layer->parameter_tensors(input)) {
    const std::size_t before = out.size();
    out.resize(before + static_cast<std::size_t>(element_count(tensor.shape)));
    tensor.initialize(rng, std::span(out).subspan(before));
  }
}

}  // namespace

std::vector<std::vector<float>> initial_parameters(const ModelSpec& model, std::uint64_t seed) {
  std::vector<std::vector<float>> stages;
  Shape shape = model.input_shape;
  std::uint32_t layer_index = 0;
  for (const auto& layers : model.stages) {
    stages.emplace_back();
    shape = each_with_shape(layers, shape, [&](const LayerSpec& layer, const Shape& input) {
      draw_layer(layer, input, {seed, RandomPurpose::kInitialization, layer_index++},
                 stages.back());
    });
  }
  const auto table = stages.front().begin();
  const auto tied = static_cast<std::ptrdiff_t>(tied_parameters(model));
  std::copy(table, table + tied, stages.back().end() - tied);
  return stages;
}

}  // namespace mixnn
