#pragma once
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/tensor/sliding_window.hpp"

namespace mixnn {

// PyTorch's AdaptiveAvgPool2d on images: windows that cover the image, so many. It computes as
// AvgPool2d does.
class AdaptiveAvgPool2dSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "adaptive_avg_pool2d";
  static AdaptiveAvgPool2dSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit AdaptiveAvgPool2dSpec(Plane output) : output_(output) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  Plane output_;
};

}  // namespace mixnn
