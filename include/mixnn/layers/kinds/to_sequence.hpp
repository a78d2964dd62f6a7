#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// [C, H, W] -> [H * W, C]: each pixel a token. Images lie channels last, so that moves no value.
class ToSequenceSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "to_sequence";
  static ToSequenceSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
};

}  // namespace mixnn
