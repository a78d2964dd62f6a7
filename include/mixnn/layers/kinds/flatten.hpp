#pragma once
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/tensor/sliding_window.hpp"

namespace mixnn {

// The values of images, which lie channels last, in PyTorch's order, channels first.
class FlattenImages final : public LayerWithoutParameters {
 public:
  FlattenImages(std::size_t channels, Plane plane, Products products)
      : channels_(channels), pixels_(plane.pixels()), products_(products) {}
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;

 private:
  std::size_t channels_, pixels_;
  Products products_;
};

// (rows, a, b, ...) -> (rows, a * b * ...). In row-major order that moves no value, but for images.
class FlattenSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "flatten";
  static FlattenSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
  bool only_moves() const override { return true; }
};

}  // namespace mixnn
