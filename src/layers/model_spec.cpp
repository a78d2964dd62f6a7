#include "mixnn/layers/model_spec.hpp"

#include <algorithm>
#include <iterator>

#include "mixnn/base/check.hpp"

namespace mixnn {

Shape StageSpec::output_shape() const { return mixnn::output_shape(layers, input_shape); }

std::size_t StageSpec::input_bytes(std::size_t rows) const { return input_encoding().bytes(rows); }

std::size_t StageSpec::output_bytes(std::size_t rows) const {
  return output_encoding().bytes(rows);
}

std::size_t StageSpec::parameter_count() const {
  std::size_t count = 0;
  each_with_shape(layers, input_shape, [&](const LayerSpec& layer, const Shape& shape) {
    count += layer->parameter_count(shape);
  });
  return count;
}

double StageSpec::multiplications() const {
  double count = 0;
  each_with_shape(layers, input_shape, [&](const LayerSpec& layer, const Shape& shape) {
    count += layer->multiplications(shape);
  });
  return count;
}

std::size_t StageSpec::state_of_parameter() const {
  return 1 + optimizer_slots(optimizer) + (stale_epoch > 0 ? 1 : 0);
}

std::vector<ParameterTensor> StageSpec::parameter_tensors() const {
  std::vector<ParameterTensor> tensors;
  each_with_shape(layers, input_shape, [&](const LayerSpec& layer, const Shape& shape) {
    std::ranges::move(layer->parameter_tensors(shape), std::back_inserter(tensors));
  });
  return tensors;
}

std::vector<Shape> ModelSpec::boundaries() const {
  std::vector<Shape> shapes{input_shape};
  for (const auto& layers : stages) shapes.push_back(output_shape(layers, shapes.back()));
  return shapes;
}

StageSpec ModelSpec::stage(std::size_t index, std::int64_t max_rows,
                           const Optimizer& stage_optimizer, ElementType wire,
                           std::uint64_t seed) const {
  MIXNN_CHECK(index < stages.size(), "no such stage");
  StageSpec spec;
  spec.input_type = spec.output_type = wire;
  if (index == 0) {
    spec.input_type = input_type;
    spec.input_gradient = false;
    spec.scale = input_scale;
  }
  spec.input_shape = boundaries()[index];
  spec.layers = stages[index];
  std::size_t before = 0;
  for (std::size_t i = 0; i < index; ++i) before += stages[i].size();
  spec.keys = layer_keys(spec.layers, seed, static_cast<std::uint32_t>(before));
  spec.max_rows = max_rows;
  spec.optimizer = stage_optimizer;
  return spec;
}

}  // namespace mixnn
