#pragma once
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/tensor/dropout.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

// Of T tokens with D features each; every head has D / heads of them.
struct AttentionShape {
  std::size_t tokens = 0, features = 0, heads = 1;
  bool causal = false;
  float dropout = 0;  // of the weights with which tokens look at others

  std::size_t of_head() const { return features / heads; }
};

// [q k v] = x W_in^T + b_in; of each head, o = softmax(q k^T / sqrt(D / heads)) v, where causal
// tokens see no later ones; y = o W_out^T + b_out. It is computed for 64 queries at a time, and
// again in the backward: what it keeps grows with the tokens, not with their square. Of so many
// parts, cut by shape alone, each has memory for its queries.
class SelfAttention final : public Layer {
 public:
  SelfAttention(const AttentionShape& shape, const LayerSetting& setting);

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  std::size_t workspace_bytes() const override { return layout_.bytes(); }
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  struct Parameters {
    Matrix in, out;
    std::span<float> in_bias, out_bias;
  };
  struct Work;  // a call's workspace
  struct Head;  // one head of one sample
  struct Queries;

  Parameters parts_of(std::span<float> all) const;
  Work work_of(const LayerCall& call) const;
  void each_head(const Work& work, FunctionRef<void(const Head&)> f) const;
  Queries queries_of(const Head& head, std::size_t first) const;
  void weigh(const Head& head, const Queries& some, bool again) const;
  void drop(const Head& head, const Queries& some, const Occasion& occasion, Strided m) const;
  void head_forward(const Head& head, const Occasion& occasion) const;
  void head_backward(const Head& head, const Occasion& occasion) const;

  AttentionShape shape_;
  DropoutRate rate_;
  std::uint64_t key_;
  Products products_;
  std::size_t max_rows_;
  WorkspaceLayout layout_;
  std::size_t qkv_, o_, moments_, dqkv_, do_, scratch_;  // where they lie
  Parameters parameters_, gradients_;
};

// Takes [T, D] and gives it. Parameters, their names and initial values are those of PyTorch's
// MultiheadAttention.
class SelfAttentionSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "self_attention";
  static SelfAttentionSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit SelfAttentionSpec(std::int64_t num_heads, bool causal = false, float dropout = 0)
      : num_heads_(num_heads), causal_(causal), dropout_(dropout) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;
  bool draws() const override { return dropout_ > 0; }

 private:
  std::int64_t num_heads_;
  bool causal_;
  float dropout_;
};

}  // namespace mixnn
