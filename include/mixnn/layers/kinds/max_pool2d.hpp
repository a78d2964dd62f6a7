#pragma once
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/tensor/pooling.hpp"

namespace mixnn {

// PyTorch's MaxPool2d on images, with floor. Remembers which pixel of each window was the largest.
class MaxPool2d final : public LayerWithoutParameters {
 public:
  MaxPool2d(const Shape& input, const SlidingWindow& window, const LayerSetting& setting);
  std::size_t workspace_bytes() const override { return workspace_; }
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;

 private:
  MaxPooling pooling_;
  std::size_t workspace_;
  Products products_;
};

class MaxPool2dSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "max_pool2d";
  static MaxPool2dSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit MaxPool2dSpec(const SlidingWindow& window) : window_(window) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  SlidingWindow window_;
};

}  // namespace mixnn
