#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// y = max(0, x) for inputs of any shape; dx = dy where y > 0, else 0. A linear layer directly
// before it does this in its own pass over y.
class Relu final : public LayerWithoutParameters {
 public:
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
};

class ReluSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "relu";
  static ReluSpec read(const JsonValue& json);
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
