#pragma once
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "mixnn/base/random.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn::testing_reference {

// The layers again in double precision, one loop after the other: what the stage's arithmetic is
// checked against.

inline std::vector<double> linear(const std::vector<double>& x, std::size_t rows, std::size_t out,
                                  const double* p) {
  const std::size_t in = x.size() / rows;
  std::vector<double> y(rows * out);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t o = 0; o < out; ++o) {
      double sum = p[out * in + o];
      for (std::size_t i = 0; i < in; ++i) sum += x[r * in + i] * p[o * in + i];
      y[r * out + o] = sum;
    }
  return y;
}

inline std::vector<double> forward(const StageSpec& spec, const std::vector<double>& parameters,
                                   std::vector<double> x, std::size_t rows) {
  const double* p = parameters.data();
  for (const LayerSpec& layer : spec.layers) {
    const auto in = x.size() / rows;
    if (layer->type() == LinearSpec::kType) {
      const auto out = static_cast<std::size_t>(layer->output_shape({1}).at(0));
      x = linear(x, rows, out, p);
      p += out * in + out;
    } else if (layer->type() == ReluSpec::kType) {
      for (double& value : x) value = std::max(0.0, value);
    } else if (layer->type() != "flatten") {
      throw std::logic_error("no reference for " + std::string(layer->type()));
    }
  }
  return x;
}

// Numbers of [-1, 1).
inline std::vector<float> draw(std::size_t n, std::uint32_t index) {
  CounterRng rng(31, RandomPurpose::kTest, index);
  std::vector<float> values(n);
  for (float& x : values) x = 2 * rng.uniform() - 1;
  return values;
}

// The bytes in which a stage takes them as a gradient, and the floats that it gives.
inline Bytes writable(std::vector<float>& floats) {
  return std::as_writable_bytes(std::span(floats));
}
inline std::span<const float> floats_in(ConstBytes bytes) {
  return Encoding(ElementType::kFloat32, {1}).decoded(bytes, {});
}

inline std::vector<std::byte> draw_bytes(std::size_t n, std::uint32_t index) {
  CounterRng rng(32, RandomPurpose::kTest, index);
  std::vector<std::byte> values(n);
  for (std::byte& x : values) x = static_cast<std::byte>(rng.below(256));
  return values;
}

}  // namespace mixnn::testing_reference
