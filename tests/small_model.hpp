#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/base/random.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/layers/model_spec.hpp"

// A small network and data for it, for tests of any folder.
namespace mixnn::testing {

// A model of linear layers of these widths, one stage each, relu between them.
inline ModelSpec small_model(const Shape& input, const std::vector<std::int64_t>& widths) {
  ModelSpec model;
  model.name = "small";
  model.input_shape = input;
  model.input_scale = 1.0f / 16;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    std::vector<LayerSpec> layers;
    if (i == 0) layers.push_back(FlattenSpec{});
    layers.push_back(LinearSpec{widths[i]});
    if (i + 1 < widths.size()) layers.push_back(ReluSpec{});
    model.stages.push_back(layers);
  }
  return model;
}

// Samples whose label depends on their pixels, so that there is something to learn.
inline DataSet small_data(std::size_t count, const Shape& shape, std::int64_t classes,
                          std::uint32_t stream) {
  CounterRng rng(5, RandomPurpose::kTest, stream);
  std::vector<std::uint8_t> labels, samples;
  const auto size = static_cast<std::size_t>(element_count(shape));
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t label = rng.below(static_cast<std::uint32_t>(classes));
    labels.push_back(static_cast<std::uint8_t>(label));
    for (std::size_t j = 0; j < size; ++j)
      samples.push_back(static_cast<std::uint8_t>(
          rng.below(8) + (j % static_cast<std::size_t>(classes) == label ? 8 : 0)));
  }
  return {Table::of(shape, samples), Table::of({}, labels)};
}

inline DataPair small_pair(std::size_t train, std::size_t test, const Shape& shape,
                           std::int64_t classes) {
  return {"small", small_data(train, shape, classes, 1), small_data(test, shape, classes, 2)};
}

}  // namespace mixnn::testing
