#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// How such a layer computes n values: y from x, and dx from dy with x or y. None of them overlap.
// `setting` is the layer's own, if it has one.
struct PointwiseLoops {
  void (*forward)(const float* x, float* y, std::size_t n, float setting);
  void (*backward)(const float* x, const float* y, const float* dy, float* dx, std::size_t n,
                   float setting);
};

// Computes each value alone.
class Pointwise final : public LayerWithoutParameters {
 public:
  Pointwise(const PointwiseLoops& loops, Products products, float setting = 0)
      : loops_(loops), products_(products), setting_(setting) {}
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;

 private:
  PointwiseLoops loops_;
  Products products_;
  float setting_;
};

// A layer without parameters whose outputs have the shape of its inputs. What is said here holds
// for most such kinds: any shape, no other keys in its JSON.
class SameShapeDescription : public LayerDescription {
 public:
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;  // about, of a polynomial for each
};

}  // namespace mixnn
