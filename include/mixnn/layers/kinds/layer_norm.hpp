#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// Over the last dimension: n = (x - mean) / sqrt(variance + eps), y = n w + b. With g = dy w:
//   dx = (g - mean of g - n * mean of g n) / sqrt(variance + eps)
//   dw += dy n      db += dy, of all rows, first to last
class LayerNorm final : public Layer {
 public:
  LayerNorm(std::size_t columns, std::size_t max_rows, float eps, bool affine, Products products)
      : columns_(columns), max_rows_(max_rows), eps_(eps), affine_(affine), products_(products) {}

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  std::size_t workspace_bytes() const override { return 2 * max_rows_ * sizeof(float); }
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  std::size_t columns_, max_rows_;  // max_rows: of the last dimension, in a micro-batch
  float eps_;
  bool affine_;
  Products products_;
  std::span<float> weight_, bias_, weight_gradient_, bias_gradient_;
};

// PyTorch's LayerNorm over the last dimension of samples with one or two. Initial weights are 1,
// biases 0.
class LayerNormSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "layer_norm";
  static LayerNormSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit LayerNormSpec(float eps = 1e-5f, bool affine = true) : eps_(eps), affine_(affine) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  float eps_;
  bool affine_;
};

}  // namespace mixnn
