#include "mixnn/layers/kinds/embedding.hpp"

#include <algorithm>

#include "mixnn/tensor/clones.hpp"

namespace mixnn {
namespace {

constexpr std::int64_t kMostTokens = 65536, kMostFeatures = 65536;

MIXNN_CLONES void add_row(const float* __restrict from, float* __restrict sum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += from[i];
}

}  // namespace

extern const LayerKind embedding_kind = kind_of<EmbeddingSpec>();

void Embedding::bind(std::span<float> parameters, std::span<float> gradients) {
  MIXNN_CHECK(parameters.size() == tokens_ * features_ && gradients.size() == parameters.size(),
              "size of a layer");
  weight_ = parameters;
  weight_gradient_ = gradients;
}

std::size_t Embedding::row_of(const LayerCall& call, std::size_t token) const {
  const std::size_t row = integer_at(call.x.type(), call.x.bytes(), token);
  MIXNN_CHECK(row < tokens_, "a token is a row of the table: the owner has checked it");
  return row;
}

void Embedding::forward(const LayerCall& call) const {
  for (std::size_t i = 0; i < call.y.size() / features_; ++i)
    std::copy_n(weight_.data() + row_of(call, i) * features_, features_,
                call.y.data + i * features_);
}

void Embedding::input_gradient(const LayerCall&, Matrix, Matrix dx) const {
  MIXNN_CHECK(dx.empty(), "tokens have no gradient");
}

void Embedding::accumulate(const LayerCall& call, ConstMatrix dy) {
  for (std::size_t i = 0; i < dy.size() / features_; ++i)
    add_row(dy.data + i * features_, weight_gradient_.data() + row_of(call, i) * features_,
            features_);
}

EmbeddingSpec EmbeddingSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "num_embeddings", "embedding_dim"}, {"std"});
  EmbeddingSpec spec(json.member("num_embeddings").integer(1, kMostTokens),
                     json.member("embedding_dim").integer(1, kMostFeatures));
  if (json.has("std")) spec.std_ = json.member("std").number(0, 1e6f);
  return spec;
}

std::vector<LayerExample> EmbeddingSpec::examples() { return {{EmbeddingSpec(256, 3), {5}}}; }

void EmbeddingSpec::write(nlohmann::json& json) const {
  json["num_embeddings"] = num_embeddings_;
  json["embedding_dim"] = embedding_dim_;
  json["std"] = std_;
}

std::string EmbeddingSpec::shape_problem(const Shape& input) const {
  if (input.size() == 1) return {};
  return "embedding takes one dimension, of tokens, but gets " + shape_text(input);
}

Shape EmbeddingSpec::output_shape(const Shape& input) const { return {input[0], embedding_dim_}; }

std::vector<ParameterTensor> EmbeddingSpec::parameter_tensors(const Shape&) const {
  return {{"weight", {num_embeddings_, embedding_dim_}, normal_with(std_)}};
}

double EmbeddingSpec::multiplications(const Shape& input) const {
  return static_cast<double>(input[0] * embedding_dim_);
}

std::unique_ptr<Layer> EmbeddingSpec::make(const LayerSetting&) const {
  return std::make_unique<Embedding>(static_cast<std::size_t>(num_embeddings_),
                                     static_cast<std::size_t>(embedding_dim_));
}

}  // namespace mixnn
