#include "mixnn/layers/kinds/position_embedding.hpp"

#include <algorithm>

#include "mixnn/tensor/clones.hpp"
#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void add_position(const float* __restrict x, const float* __restrict w,
                               float* __restrict y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = x[i] + w[i];
}

}  // namespace

extern const LayerKind position_embedding_kind = kind_of<PositionEmbeddingSpec>();

void PositionEmbedding::bind(std::span<float> parameters, std::span<float> gradients) {
  weight_ = parameters;
  weight_gradient_ = gradients;
}

void PositionEmbedding::forward(const LayerCall& call) const {
  const ConstMatrix x = call.x.floats();
  MIXNN_CHECK(x.cols == weight_.size(), "a position for each token");
  products_.parts(x.rows, [&](std::size_t row) {
    add_position(x.data + row * x.cols, weight_.data(), call.y.data + row * x.cols, x.cols);
  });
}

void PositionEmbedding::input_gradient(const LayerCall&, Matrix dy, Matrix dx) const {
  if (!dx.empty()) std::ranges::copy(dy.values(), dx.data);
}

void PositionEmbedding::accumulate(const LayerCall&, ConstMatrix dy) {
  add_column_sums(dy, weight_gradient_);
}

PositionEmbeddingSpec PositionEmbeddingSpec::read(const JsonValue& json) {
  json.expect_keys({"type"}, {"std"});
  return json.has("std") ? PositionEmbeddingSpec(json.member("std").number(0, 1e6f))
                         : PositionEmbeddingSpec();
}

std::vector<LayerExample> PositionEmbeddingSpec::examples() {
  return {{PositionEmbeddingSpec(0.5f), {3, 4}}};
}

void PositionEmbeddingSpec::write(nlohmann::json& json) const { json["std"] = std_; }

std::string PositionEmbeddingSpec::shape_problem(const Shape& input) const {
  if (input.size() == 2) return {};
  return "position_embedding takes two dimensions, tokens and features, but gets " +
         shape_text(input);
}

Shape PositionEmbeddingSpec::output_shape(const Shape& input) const { return input; }

std::vector<ParameterTensor> PositionEmbeddingSpec::parameter_tensors(const Shape& input) const {
  return {{"weight", input, normal_with(std_)}};
}

double PositionEmbeddingSpec::multiplications(const Shape& input) const {
  return static_cast<double>(element_count(input));
}

std::unique_ptr<Layer> PositionEmbeddingSpec::make(const LayerSetting& setting) const {
  return std::make_unique<PositionEmbedding>(setting.products);
}

}  // namespace mixnn
