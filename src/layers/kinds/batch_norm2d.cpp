#include "mixnn/layers/kinds/batch_norm2d.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/layers/image.hpp"
#include "mixnn/layers/kinds/relu.hpp"
#include "mixnn/tensor/channels.hpp"
#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {
namespace {

// The same parts for every crew: bits follow from them.
constexpr std::size_t kPartFloats = 64 * 1024;

std::size_t pixels_of_part(std::size_t channels) {
  return std::max<std::size_t>(1, kPartFloats / channels);
}

}  // namespace

extern const LayerKind batch_norm2d_kind = kind_of<BatchNorm2dSpec>();

BatchNorm2d::BatchNorm2d(const Settings& settings, const LayerSetting& setting)
    : settings_(settings), channels_(channels_of(setting.input)), products_(setting.products) {
  for (std::size_t* const place : {&mean_, &variance_, &of_dy_, &of_products_})
    *place = layout_.add(channels_ * sizeof(float));
  const std::size_t pixels = setting.max_rows * plane_of(setting.input).pixels();
  const std::size_t parts = pixels / pixels_of_part(channels_) + 1;
  scratch_ = AlignedBuffer(parts * 2 * channels_ * sizeof(double) + 3 * channels_ * sizeof(float));
}

void BatchNorm2d::bind(std::span<float> parameters, std::span<float> gradients) {
  if (settings_.affine) {
    weight_ = parameters.first(channels_);
    bias_ = parameters.subspan(channels_, channels_);
    weight_gradient_ = gradients.first(channels_);
    bias_gradient_ = gradients.subspan(channels_, channels_);
  }
  running_mean_ = parameters.last(2 * channels_).first(channels_);
  running_variance_ = parameters.last(channels_);
}

bool BatchNorm2d::absorb(const Layer& behind) {
  if (relu_ || dynamic_cast<const Relu*>(&behind) == nullptr) return false;
  return relu_ = true;
}

ConstMatrix BatchNorm2d::pixels(ConstMatrix rows) const {
  return {rows.data, rows.size() / channels_, channels_};
}

void BatchNorm2d::sum(std::size_t pixels,
                      FunctionRef<void(std::size_t, std::size_t, std::span<double>)> each) const {
  const std::size_t of_part = pixels_of_part(channels_), parts = (pixels + of_part - 1) / of_part;
  const std::span<double> all = scratch_.as<double>(parts * 2 * channels_);
  std::ranges::fill(all, 0.0);
  products_.parts(parts, [&](std::size_t i) {
    each(i * of_part, std::min(of_part, pixels - i * of_part),
         all.subspan(i * 2 * channels_, 2 * channels_));
  });
  for (std::size_t i = 1; i < parts; ++i)
    for (std::size_t c = 0; c < 2 * channels_; ++c) all[c] += all[i * 2 * channels_ + c];
}

void BatchNorm2d::measure(const LayerCall& call, ConstMatrix x) const {
  const auto mean = call.work<float>(channels_, mean_);
  const auto variance = call.work<float>(channels_, variance_);
  const auto count = static_cast<double>(x.rows);
  const std::span<double> sums = scratch_.as<double>(channels_);
  sum(x.rows, [&](std::size_t first, std::size_t n, std::span<double> part) {
    add_channel_sums(rows_of(x, first, n), part.first(channels_));
  });
  for (std::size_t c = 0; c < channels_; ++c) mean[c] = static_cast<float>(sums[c] / count);
  sum(x.rows, [&](std::size_t first, std::size_t n, std::span<double> part) {
    add_channel_squares(rows_of(x, first, n), mean, part.first(channels_));
  });
  for (std::size_t c = 0; c < channels_; ++c) variance[c] = static_cast<float>(sums[c] / count);
}

void BatchNorm2d::forward(const LayerCall& call) const {
  const ConstMatrix x = pixels(call.x.floats());
  const bool training = call.occasion.training;
  if (training) measure(call, x);
  const std::span<const float> mean = training ? call.work<float>(channels_, mean_) : running_mean_;
  const std::span<const float> variance =
      training ? call.work<float>(channels_, variance_) : running_variance_;
  const std::span<float> scale = scratch_.as<float>(2 * channels_).first(channels_);
  const std::span<float> shift = scratch_.as<float>(2 * channels_).last(channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    scale[c] = (settings_.affine ? weight_[c] : 1.0f) / std::sqrt(variance[c] + settings_.eps);
    shift[c] = settings_.affine ? bias_[c] : 0.0f;
  }
  const std::size_t of_part = pixels_of_part(channels_);
  products_.parts((x.rows + of_part - 1) / of_part, [&](std::size_t i) {
    const std::size_t first = i * of_part, n = std::min(of_part, x.rows - first);
    const Matrix y{call.y.data + first * channels_, n, channels_};
    normalize_channels(rows_of(x, first, n), mean, scale, shift, y);
    if (relu_) relu(y.values());
  });
}

void BatchNorm2d::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  const ConstMatrix x = pixels(call.x.floats());
  const Matrix gradient{dy.data, x.rows, channels_};
  const auto mean = call.work<float>(channels_, mean_);
  const auto variance = call.work<float>(channels_, variance_);
  const auto of_dy = call.work<float>(channels_, of_dy_);
  const auto of_products = call.work<float>(channels_, of_products_);
  sum(x.rows, [&](std::size_t first, std::size_t n, std::span<double> part) {
    const Matrix some = rows_of(gradient, first, n);
    if (relu_)
      relu_mask({call.y.data + first * channels_, some.size()}, some.values(), some.values());
    add_gradient_sums(rows_of(x, first, n), some, mean, part.first(channels_),
                      part.last(channels_));
  });
  const std::span<const double> sums = scratch_.as<double>(2 * channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    of_dy[c] = static_cast<float>(sums[c]);
    of_products[c] = static_cast<float>(sums[channels_ + c]);
  }
  if (dx.empty()) return;
  const std::span<float> factors = scratch_.as<float>(3 * channels_);
  const std::span<float> a = factors.first(channels_), b = factors.subspan(channels_, channels_),
                         shift = factors.last(channels_);
  const auto count = static_cast<float>(x.rows);
  for (std::size_t c = 0; c < channels_; ++c) {
    const float inverse = 1.0f / std::sqrt(variance[c] + settings_.eps);
    a[c] = (settings_.affine ? weight_[c] : 1.0f) * inverse;
    b[c] = -a[c] * inverse * inverse * of_products[c] / count;
    shift[c] = -a[c] * of_dy[c] / count;
  }
  const std::size_t of_part = pixels_of_part(channels_);
  products_.parts((x.rows + of_part - 1) / of_part, [&](std::size_t i) {
    const std::size_t first = i * of_part, n = std::min(of_part, x.rows - first);
    normalized_gradient(rows_of(x, first, n), rows_of(gradient, first, n), mean, a, b, shift,
                        {dx.data + first * channels_, n, channels_});
  });
}

void BatchNorm2d::accumulate(const LayerCall& call, ConstMatrix dy) {
  const auto mean = call.work<float>(channels_, mean_);
  const auto variance = call.work<float>(channels_, variance_);
  const auto of_dy = call.work<float>(channels_, of_dy_);
  const auto of_products = call.work<float>(channels_, of_products_);
  const auto count = static_cast<float>(dy.size() / channels_);
  const float unbiased = count > 1 ? count / (count - 1) : 1.0f, m = settings_.momentum;
  for (std::size_t c = 0; c < channels_; ++c) {
    if (settings_.affine) {
      weight_gradient_[c] += of_products[c] / std::sqrt(variance[c] + settings_.eps);
      bias_gradient_[c] += of_dy[c];
    }
    running_mean_[c] = (1 - m) * running_mean_[c] + m * mean[c];
    running_variance_[c] = (1 - m) * running_variance_[c] + m * (variance[c] * unbiased);
  }
}

BatchNorm2dSpec BatchNorm2dSpec::read(const JsonValue& json) {
  json.expect_keys({"type"}, {"eps", "momentum", "affine"});
  BatchNorm2d::Settings settings;
  if (json.has("eps")) settings.eps = json.member("eps").number(0, 1);
  if (json.has("momentum")) {
    const JsonValue momentum = json.member("momentum");
    settings.momentum = momentum.number();
    if (settings.momentum < 0 || settings.momentum > 1) momentum.fail("must be from 0 to 1");
  }
  if (json.has("affine")) settings.affine = json.member("affine").boolean();
  return BatchNorm2dSpec(settings);
}

std::vector<LayerExample> BatchNorm2dSpec::examples() {
  return {{BatchNorm2dSpec(), {3, 2, 4}},
          {BatchNorm2dSpec({.eps = 0.25f, .momentum = 0.5f, .affine = false}), {2, 3, 3}}};
}

void BatchNorm2dSpec::write(nlohmann::json& json) const {
  json["eps"] = settings_.eps;
  json["momentum"] = settings_.momentum;
  json["affine"] = settings_.affine;
}

std::string BatchNorm2dSpec::shape_problem(const Shape& input) const {
  return image_problem(kType, input);
}

Shape BatchNorm2dSpec::output_shape(const Shape& input) const { return input; }

std::vector<ParameterTensor> BatchNorm2dSpec::parameter_tensors(const Shape& input) const {
  std::vector<ParameterTensor> tensors;
  if (settings_.affine)
    tensors = {{"weight", {input[0]}, all_equal(1)}, {"bias", {input[0]}, all_equal(0)}};
  tensors.push_back({"running_mean", {input[0]}, all_equal(0), false});
  tensors.push_back({"running_var", {input[0]}, all_equal(1), false});
  return tensors;
}

double BatchNorm2dSpec::multiplications(const Shape&) const { return 0; }

std::unique_ptr<Layer> BatchNorm2dSpec::make(const LayerSetting& setting) const {
  return std::make_unique<BatchNorm2d>(settings_, setting);
}

}  // namespace mixnn
