#include "mixnn/layers/layer_spec.hpp"

#include <algorithm>

namespace mixnn {

Initializer uniform_within(float bound) {
  return [bound](CounterRng& rng, std::span<float> values) {
    for (float& x : values) x = (2.0f * rng.uniform() - 1.0f) * bound;
  };
}

Initializer all_equal(float value) {
  return [value](CounterRng&, std::span<float> values) { std::ranges::fill(values, value); };
}

std::size_t LayerDescription::parameter_count(const Shape& input) const {
  std::int64_t count = 0;
  for (const ParameterTensor& tensor : parameter_tensors(input))
    count += element_count(tensor.shape);
  return static_cast<std::size_t>(count);
}

Shape output_shape(std::span<const LayerSpec> layers, const Shape& input) {
  return each_with_shape(layers, input, [](const LayerSpec&, const Shape&) {});
}

std::vector<std::uint64_t> layer_keys(std::span<const LayerSpec> layers, std::uint64_t seed,
                                      std::uint32_t first) {
  std::vector<std::uint64_t> keys;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i]->draws()) continue;
    CounterRng rng(seed, RandomPurpose::kLayerKey, first + static_cast<std::uint32_t>(i));
    const std::uint64_t high = rng.next();
    keys.push_back(high << 32 | rng.next());
  }
  return keys;
}

}  // namespace mixnn
