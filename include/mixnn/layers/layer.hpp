#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mixnn/layers/json_value.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/tensor/matrix.hpp"

namespace mixnn {

// How a layer computes. A kind of layer is one header and one source beside this one: its shape
// rule, its JSON form and, derived from this class, its mathematics. layer.cpp lists the kinds.
//
// x: input, y: output, dx and dy: their gradients, one row a sample. All are of the caller, who
// keeps x, y and dy between the calls for one micro-batch, which come in the order forward,
// input_gradient, accumulate.
class Layer {
 public:
  virtual ~Layer() = default;

  virtual std::size_t parameter_count() const { return 0; }
  // Where this layer's parameters and their gradients live, in (weight, bias) order; both outlive
  // the layer.
  virtual void bind(std::span<float> parameters, std::span<float> gradients);

  virtual void forward(ConstMatrix x, Matrix y) const = 0;
  // dx from dy; reads parameters, never their gradients. May overwrite dy with what accumulate
  // needs. An empty dx is not wanted.
  virtual void input_gradient(ConstMatrix y, Matrix dy, Matrix dx) const = 0;
  // Adds to the parameter gradients.
  virtual void accumulate(ConstMatrix x, ConstMatrix dy);
};

// A tensor of a layer's parameters, by PyTorch's name and shape.
struct ParameterTensor {
  std::string name;
  Shape shape;
};

// Why a layer cannot take inputs of this shape; empty where it can.
std::string shape_problem(const LayerSpec& layer, const Shape& input);
// The rest needs shapes without a problem.
Shape output_shape(const LayerSpec& layer, const Shape& input);
std::vector<ParameterTensor> parameter_tensors(const LayerSpec& layer, const Shape& input);
std::size_t parameter_count(const LayerSpec& layer, const Shape& input);  // of all its tensors

LayerSpec layer_from_json(const JsonValue& json);
nlohmann::json layer_to_json(const LayerSpec& layer);

}  // namespace mixnn
