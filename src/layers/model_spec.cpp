#include "mixnn/layers/model_spec.hpp"

#include "mixnn/layers/layer.hpp"

namespace mixnn {

Shape StageSpec::output_shape() const {
  Shape shape = input_shape;
  for (const LayerSpec& layer : layers) shape = mixnn::output_shape(layer, shape);
  return shape;
}

std::size_t StageSpec::input_bytes(std::size_t rows) const {
  return rows * static_cast<std::size_t>(element_count(input_shape)) * element_bytes(input_type);
}

std::size_t StageSpec::output_bytes(std::size_t rows) const {
  return rows * static_cast<std::size_t>(element_count(output_shape())) *
         element_bytes(output_type);
}

std::size_t StageSpec::parameter_count() const {
  std::size_t count = 0;
  Shape shape = input_shape;
  for (const LayerSpec& layer : layers) {
    count += mixnn::parameter_count(layer, shape);
    shape = mixnn::output_shape(layer, shape);
  }
  return count;
}

std::size_t StageSpec::state_count() const {
  return (1 + optimizer_slots(optimizer)) * parameter_count();
}

std::vector<Shape> StageSpec::parameter_shapes() const {
  std::vector<Shape> shapes;
  Shape shape = input_shape;
  for (const LayerSpec& layer : layers) {
    for (ParameterTensor& tensor : parameter_tensors(layer, shape))
      shapes.push_back(std::move(tensor.shape));
    shape = mixnn::output_shape(layer, shape);
  }
  return shapes;
}

std::vector<Shape> ModelSpec::boundaries() const {
  std::vector<Shape> shapes{input_shape};
  for (const auto& layers : stages) {
    Shape shape = shapes.back();
    for (const LayerSpec& layer : layers) shape = output_shape(layer, shape);
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

StageSpec ModelSpec::stage(std::size_t index, std::int64_t max_rows,
                           const Optimizer& stage_optimizer, ElementType wire) const {
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
  spec.max_rows = max_rows;
  spec.optimizer = stage_optimizer;
  return spec;
}

}  // namespace mixnn
