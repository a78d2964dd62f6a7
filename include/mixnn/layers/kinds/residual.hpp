#pragma once
#include <optional>

#include "mixnn/layers/chain.hpp"
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// y = layers(x) + shortcut(x), or layers(x) + x without a shortcut.
class Residual final : public Layer {
 public:
  Residual(Chain layers, std::optional<Chain> shortcut, std::size_t parameters_of_layers,
           std::size_t outputs, const LayerSetting& setting);

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  std::size_t workspace_bytes() const override { return layout_.bytes(); }
  std::size_t scratch_bytes() const override;
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  // Where in the workspace the chains have theirs, outputs and gradients.
  struct Places {
    std::size_t layers = 0, shortcut = 0, y = 0, shortcut_y = 0, dy = 0, shortcut_dx = 0;
  };
  LayerCall layers_call(const LayerCall& call) const;
  LayerCall shortcut_call(const LayerCall& call) const;

  Chain layers_;
  std::optional<Chain> shortcut_;
  std::size_t parameters_of_layers_, inputs_, outputs_;  // in and out: of a row
  Products products_;
  WorkspaceLayout layout_;
  Places at_;
};

// Shortcut and layers give the same shape; without a shortcut, that of the input.
class ResidualSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "residual";
  static ResidualSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit ResidualSpec(std::vector<LayerSpec> layers, std::vector<LayerSpec> shortcut = {},
                        bool recompute = false)
      : layers_(std::move(layers)), shortcut_(std::move(shortcut)), recompute_(recompute) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
  bool draws() const override;

 private:
  std::vector<LayerSpec> layers_, shortcut_;  // shortcut: empty if there is none
  bool recompute_;
};

}  // namespace mixnn
