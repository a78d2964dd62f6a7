#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// y = x + W, for every row: W is learned, and has a sample's shape. dx = dy, dW += dy.
class PositionEmbedding final : public Layer {
 public:
  explicit PositionEmbedding(Products products) : products_(products) {}

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  Products products_;
  std::span<float> weight_, weight_gradient_;
};

// Takes [T, D]: T tokens, D features. Initial values as an embedding's.
class PositionEmbeddingSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "position_embedding";
  static PositionEmbeddingSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit PositionEmbeddingSpec(float std = 1) : std_(std) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  float std_;
};

}  // namespace mixnn
