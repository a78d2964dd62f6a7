#include "mixnn/layers/layer_spec.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mixnn {

Initializer uniform_within(float bound) {
  return [bound](CounterRng& rng, std::span<float> values) {
    for (float& x : values) x = (2.0f * rng.uniform() - 1.0f) * bound;
  };
}

Initializer all_equal(float value) {
  return [value](CounterRng&, std::span<float> values) { std::ranges::fill(values, value); };
}

// Box and Muller, in double, of which a float's bits remain: two values of two numbers.
Initializer normal_with(float deviation) {
  return [deviation](CounterRng& rng, std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); i += 2) {
      const double radius = std::sqrt(-2 * std::log(1.0 - static_cast<double>(rng.uniform())));
      const double angle = 2 * std::numbers::pi * static_cast<double>(rng.uniform());
      values[i] = static_cast<float>(std::cos(angle) * radius) * deviation;
      if (i + 1 < values.size())
        values[i + 1] = static_cast<float>(std::sin(angle) * radius) * deviation;
    }
  };
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
