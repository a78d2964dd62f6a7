#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// y = the rows of the table that the inputs name, which are raw tokens. The gradient of a row is
// the sum of those of its outputs, in the order of rows and tokens.
class Embedding final : public Layer {
 public:
  Embedding(std::size_t tokens, std::size_t features) : tokens_(tokens), features_(features) {}

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  std::size_t row_of(const LayerCall& call, std::size_t token) const;

  std::size_t tokens_, features_;
  std::span<float> weight_, weight_gradient_;
};

// [T] tokens, uint8 or uint16, each below num_embeddings -> [T, embedding_dim]. Initial values are
// normal with mean 0 and this standard deviation, PyTorch's 1 without it.
class EmbeddingSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "embedding";
  static EmbeddingSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  EmbeddingSpec(std::int64_t num_embeddings, std::int64_t embedding_dim, float std = 1)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim), std_(std) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
  bool takes_indices() const override { return true; }
  std::uint32_t indices_below() const override {
    return static_cast<std::uint32_t>(num_embeddings_);
  }

 private:
  std::int64_t num_embeddings_, embedding_dim_;
  float std_;
};

}  // namespace mixnn
