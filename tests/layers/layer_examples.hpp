#pragma once
#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "mixnn/base/random.hpp"
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/layers/model_spec.hpp"

// The examples that all kinds of layers give of themselves, as cases of parameterized tests.
namespace mixnn::testing_reference {

struct ExampleCase {
  std::string name;
  LayerExample example;
};

inline std::vector<ExampleCase> examples_of_all_kinds() {
  std::vector<ExampleCase> all;
  for (const LayerKind* kind : layer_kinds()) {
    std::size_t number = 0;
    for (LayerExample& example : kind->examples())
      all.push_back({std::string(kind->type) + "_" + std::to_string(++number), std::move(example)});
  }
  return all;
}

inline std::string example_names(const testing::TestParamInfo<ExampleCase>& info) {
  return info.param.name;
}

// A stage of this layer alone. Its inputs are floats, or raw if they are indices.
inline StageSpec example_stage(const LayerSpec& layer, const Shape& input, std::size_t max_rows) {
  StageSpec spec;
  if (layer->takes_indices()) {
    spec.input_type = ElementType::kUint8;
    spec.input_gradient = false;
  }
  spec.input_shape = input;
  spec.layers = {layer};
  spec.keys = layer_keys(spec.layers, 7);
  spec.max_rows = static_cast<std::int64_t>(max_rows);
  return spec;
}

// Numbers of (-1, 1) in random order, evenly spread: no two are close to each other or one to zero,
// where some layers have no derivative.
inline std::vector<float> spread(std::size_t n, std::uint32_t index) {
  const auto even = static_cast<float>(n + n % 2);
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = (2 * static_cast<float>(i) + 1) / even - 1;
  CounterRng rng(33, RandomPurpose::kTest, index);
  shuffle(std::span(values), rng);
  return values;
}

}  // namespace mixnn::testing_reference
