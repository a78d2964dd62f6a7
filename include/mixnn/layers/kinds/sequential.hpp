#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// Layers one behind the other, as one layer: a block, for which less memory may be used.
class SequentialSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "sequential";
  static SequentialSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit SequentialSpec(std::vector<LayerSpec> layers, bool recompute = false)
      : layers_(std::move(layers)), recompute_(recompute) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
  bool draws() const override;

 private:
  std::vector<LayerSpec> layers_;
  bool recompute_;
};

}  // namespace mixnn
