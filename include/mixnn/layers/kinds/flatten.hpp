#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// (rows, a, b, ...) -> (rows, a * b * ...). In row-major order that moves no value.
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
};

}  // namespace mixnn
