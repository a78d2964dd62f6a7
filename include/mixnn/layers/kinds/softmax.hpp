#pragma once
#include "mixnn/layers/pointwise.hpp"

namespace mixnn {

// y = e^x / the sum of e^x, over the last dimension; dx = y (dy - the sum of y dy).
class Softmax final : public LayerWithoutParameters {
 public:
  Softmax(std::size_t columns, Products products) : columns_(columns), products_(products) {}
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;

 private:
  std::size_t columns_;
  Products products_;
};

// Takes one or two dimensions.
class SoftmaxSpec final : public SameShapeDescription {
 public:
  static constexpr std::string_view kType = "softmax";
  static SoftmaxSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();

  std::string_view type() const override { return kType; }
  std::string shape_problem(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
};

}  // namespace mixnn
