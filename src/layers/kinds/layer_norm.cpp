#include "mixnn/layers/kinds/layer_norm.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/tensor/clones.hpp"
#include "mixnn/tensor/elementwise.hpp"
#include "mixnn/tensor/row_parts.hpp"
#include "mixnn/tensor/row_sums.hpp"

namespace mixnn {
namespace {

// Of a row, for the backward.
struct RowMoments {
  float mean, factor;  // factor: 1 / sqrt(variance + eps)
};

MIXNN_CLONES void normalize_rows(const float* __restrict x, float eps,
                                 RowMoments* __restrict moments, float* __restrict y,
                                 std::size_t rows, std::size_t columns) {
  const auto count = static_cast<float>(columns);
  for (std::size_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const float mean = sum_of(columns, [x](std::size_t c) { return x[c]; }) / count;
    const auto square = [x, mean](std::size_t c) { return (x[c] - mean) * (x[c] - mean); };
    const float factor = 1.0f / std::sqrt(sum_of(columns, square) / count + eps);
    moments[r] = {mean, factor};
    for (std::size_t c = 0; c < columns; ++c) y[c] = (x[c] - mean) * factor;
  }
}

MIXNN_CLONES void scale_columns(const float* __restrict weight, const float* __restrict bias,
                                float* __restrict y, std::size_t rows, std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r, y += columns)
    for (std::size_t c = 0; c < columns; ++c) y[c] = y[c] * weight[c] + bias[c];
}

// dx holds g = dy w before.
MIXNN_CLONES void normalize_rows_backward(const float* __restrict x,
                                          const RowMoments* __restrict moments,
                                          float* __restrict dx, std::size_t rows,
                                          std::size_t columns) {
  const auto count = static_cast<float>(columns);
  for (std::size_t r = 0; r < rows; ++r, x += columns, dx += columns) {
    const float mean = moments[r].mean, factor = moments[r].factor;
    const auto product = [=](std::size_t c) { return dx[c] * ((x[c] - mean) * factor); };
    const float mean_g = sum_of(columns, [dx](std::size_t c) { return dx[c]; }) / count;
    const float mean_gn = sum_of(columns, product) / count;
    for (std::size_t c = 0; c < columns; ++c)
      dx[c] = (dx[c] - mean_g - (x[c] - mean) * factor * mean_gn) * factor;
  }
}

MIXNN_CLONES void multiply_columns(const float* __restrict weight, const float* __restrict dy,
                                   float* __restrict g, std::size_t rows, std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r, dy += columns, g += columns)
    for (std::size_t c = 0; c < columns; ++c) g[c] = dy[c] * weight[c];
}

MIXNN_CLONES void add_weight_gradient(const float* __restrict x,
                                      const RowMoments* __restrict moments,
                                      const float* __restrict dy, float* __restrict gradient,
                                      std::size_t rows, std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r, x += columns, dy += columns) {
    const float mean = moments[r].mean, factor = moments[r].factor;
    for (std::size_t c = 0; c < columns; ++c) gradient[c] += dy[c] * ((x[c] - mean) * factor);
  }
}

}  // namespace

extern const LayerKind layer_norm_kind = kind_of<LayerNormSpec>();

void LayerNorm::bind(std::span<float> parameters, std::span<float> gradients) {
  const std::size_t count = affine_ ? columns_ : 0;
  MIXNN_CHECK(parameters.size() == 2 * count && gradients.size() == 2 * count, "size of a layer");
  weight_ = parameters.first(count);
  bias_ = parameters.last(count);
  weight_gradient_ = gradients.first(count);
  bias_gradient_ = gradients.last(count);
}

void LayerNorm::forward(const LayerCall& call) const {
  const ConstMatrix x = call.x.floats();
  const std::size_t all = x.size() / columns_;
  RowMoments* const moments = call.work<RowMoments>(all).data();
  each_rows(products_, all, columns_, [&](std::size_t from, std::size_t rows) {
    float* const y = call.y.data + from * columns_;
    normalize_rows(x.data + from * columns_, eps_, moments + from, y, rows, columns_);
    if (affine_) scale_columns(weight_.data(), bias_.data(), y, rows, columns_);
  });
}

void LayerNorm::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  if (dx.empty()) return;
  const ConstMatrix x = call.x.floats();
  const std::size_t all = x.size() / columns_;
  const RowMoments* const moments = call.work<RowMoments>(all).data();
  each_rows(products_, all, columns_, [&](std::size_t from, std::size_t rows) {
    const std::size_t at = from * columns_;
    if (affine_)
      multiply_columns(weight_.data(), dy.data + at, dx.data + at, rows, columns_);
    else
      std::copy_n(dy.data + at, rows * columns_, dx.data + at);
    normalize_rows_backward(x.data + at, moments + from, dx.data + at, rows, columns_);
  });
}

void LayerNorm::accumulate(const LayerCall& call, ConstMatrix dy) {
  if (!affine_) return;
  const ConstMatrix x = call.x.floats();
  const std::size_t rows = x.size() / columns_;
  add_weight_gradient(x.data, call.work<RowMoments>(rows).data(), dy.data, weight_gradient_.data(),
                      rows, columns_);
  add_column_sums({dy.data, rows, columns_}, bias_gradient_);
}

LayerNormSpec LayerNormSpec::read(const JsonValue& json) {
  json.expect_keys({"type"}, {"eps", "elementwise_affine"});
  LayerNormSpec spec;
  if (json.has("eps")) {
    const JsonValue eps = json.member("eps");
    spec.eps_ = eps.number();
    if (!(spec.eps_ > 0.0f)) eps.fail("must be above 0");
  }
  if (json.has("elementwise_affine")) spec.affine_ = json.member("elementwise_affine").boolean();
  return spec;
}

std::vector<LayerExample> LayerNormSpec::examples() {
  return {{LayerNormSpec(), {19}},
          {LayerNormSpec(1e-3f), {3, 5}},
          {LayerNormSpec(1e-2f, false), {2, 7}}};
}

void LayerNormSpec::write(nlohmann::json& json) const {
  json["eps"] = eps_;
  json["elementwise_affine"] = affine_;
}

std::string LayerNormSpec::shape_problem(const Shape& input) const {
  if (input.size() <= 2) return {};
  return "layer_norm takes one or two dimensions, but gets " + shape_text(input);
}

Shape LayerNormSpec::output_shape(const Shape& input) const { return input; }

std::vector<ParameterTensor> LayerNormSpec::parameter_tensors(const Shape& input) const {
  if (!affine_) return {};
  return {{"weight", {input.back()}, all_equal(1)}, {"bias", {input.back()}, all_equal(0)}};
}

double LayerNormSpec::multiplications(const Shape& input) const {
  constexpr double kOfAValue = 4;
  return kOfAValue * static_cast<double>(element_count(input));
}

std::unique_ptr<Layer> LayerNormSpec::make(const LayerSetting& setting) const {
  const auto columns = static_cast<std::size_t>(setting.input.back());
  const std::size_t rows =
      setting.max_rows * static_cast<std::size_t>(element_count(setting.input)) / columns;
  return std::make_unique<LayerNorm>(columns, rows, eps_, affine_, setting.products);
}

}  // namespace mixnn
