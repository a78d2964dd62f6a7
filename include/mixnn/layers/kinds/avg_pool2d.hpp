#pragma once
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/tensor/pooling.hpp"

namespace mixnn {

// PyTorch's AvgPool2d on images, with floor.
class AvgPool2d final : public LayerWithoutParameters {
 public:
  AvgPool2d(AveragePooling pooling, Products products)
      : pooling_(std::move(pooling)), products_(products) {}
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;

 private:
  AveragePooling pooling_;
  Products products_;
};

class AvgPool2dSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "avg_pool2d";
  static AvgPool2dSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  AvgPool2dSpec(const SlidingWindow& window, bool count_include_pad)
      : window_(window), count_include_pad_(count_include_pad) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  SlidingWindow window_;
  bool count_include_pad_;
};

}  // namespace mixnn
