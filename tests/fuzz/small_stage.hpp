#pragma once
#include <vector>

#include "mixnn/layers/kinds/flatten.hpp"
#include "mixnn/layers/kinds/linear.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn::fuzzing {

// One that takes raw inputs, one in the middle, one that rounds, one that only adds up, one whose
// gradients are clipped, and one that rounds to whole numbers.
inline std::vector<StageSpec> small_stages() {
  std::vector<StageSpec> stages(6);
  stages[0].input_type = ElementType::kUint8;
  stages[0].input_gradient = false;
  stages[0].scale = 0.5f;
  stages[0].input_shape = {1, 2, 2};
  stages[0].layers = {FlattenSpec{}, LinearSpec{3}, ReluSpec{}};
  stages[1].input_shape = {3};
  stages[1].layers = {LinearSpec{2}};
  stages[1].optimizer = Sgd{0.5f, 0.25f};
  stages[2].input_shape = {3};
  stages[2].input_type = stages[2].output_type = ElementType::kBfloat16;
  stages[2].layers = {ReluSpec{}, LinearSpec{4}, ReluSpec{}};
  stages[3].input_shape = {2, 2};
  stages[3].layers = {ReluSpec{}};
  stages[4] = stages[1];
  stages[4].clipped = true;
  stages[5] = stages[2];
  stages[5].input_type = stages[5].output_type = ElementType::kInt8;
  for (StageSpec& stage : stages) stage.max_rows = 4;
  return stages;
}

// A stage may have up to 2^30 parameters, if its owner says so: here those are built that a fuzzer
// has time and memory for.
inline bool is_small(const StageSpec& spec) {
  constexpr std::size_t kSmall = 1 << 12;
  std::size_t values = spec.parameter_count(), layers = 0;
  const auto rows = static_cast<std::size_t>(spec.max_rows);
  Shape shape = spec.input_shape;
  values += rows * static_cast<std::size_t>(element_count(shape));
  for (const LayerSpec& layer : spec.layers) {
    shape = layer->output_shape(shape);
    values += rows * static_cast<std::size_t>(element_count(shape));
    if (++layers > 16 || values > kSmall) return false;
  }
  return values <= kSmall;
}

}  // namespace mixnn::fuzzing
