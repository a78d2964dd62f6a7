#include "mixnn/layers/kinds/group_norm.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/layers/image.hpp"
#include "mixnn/tensor/channels.hpp"

namespace mixnn {
namespace {

constexpr std::int64_t kMaxGroups = 65536;

}  // namespace

extern const LayerKind group_norm_kind = kind_of<GroupNormSpec>();

GroupNorm::GroupNorm(const Settings& settings, const LayerSetting& setting)
    : settings_(settings),
      channels_(channels_of(setting.input)),
      pixels_(plane_of(setting.input).pixels()),
      max_rows_(setting.max_rows),
      products_(setting.products) {}

void GroupNorm::bind(std::span<float> parameters, std::span<float> gradients) {
  if (!settings_.affine) return;
  weight_ = parameters.first(channels_);
  bias_ = parameters.last(channels_);
  weight_gradient_ = gradients.first(channels_);
  bias_gradient_ = gradients.last(channels_);
}

std::size_t GroupNorm::row_bytes() const {
  WorkspaceLayout layout;
  layout.add(channels_ * (2 * sizeof(double) + 5 * sizeof(float)));
  return layout.bytes();
}

std::size_t GroupNorm::workspace_bytes() const { return max_rows_ * row_bytes(); }

GroupNorm::Row GroupNorm::row_of(const LayerCall& call, std::size_t row) const {
  const std::size_t n = channels_, at = row * row_bytes();
  const std::span<double> sums = call.work<double>(2 * n, at);
  const std::span<float> values = call.work<float>(5 * n, at + 2 * n * sizeof(double));
  return {sums.first(n),
          sums.last(n),
          values.first(n),
          values.subspan(n, n),
          values.subspan(2 * n, n),
          values.subspan(3 * n, n),
          values.last(n)};
}

void GroupNorm::each_group(FunctionRef<void(std::size_t, std::size_t)> each) const {
  const std::size_t of_group = channels_ / settings_.groups;
  for (std::size_t first = 0; first < channels_; first += of_group) each(first, first + of_group);
}

void GroupNorm::forward_row(const Row& row, ConstMatrix x, Matrix y) const {
  const auto count = static_cast<double>(channels_ / settings_.groups * pixels_);
  const auto total = [&](std::size_t first, std::size_t last) {
    double sum = 0;
    for (std::size_t c = first; c < last; ++c) sum += row.sums[c];
    return sum / count;
  };
  std::ranges::fill(row.sums, 0.0);
  add_channel_sums(x, row.sums);
  each_group([&](std::size_t first, std::size_t last) {
    std::fill(&row.mean[first], &row.mean[first] + (last - first),
              static_cast<float>(total(first, last)));
  });
  std::ranges::fill(row.sums, 0.0);
  add_channel_squares(x, row.mean, row.sums);
  each_group([&](std::size_t first, std::size_t last) {
    const float variance = static_cast<float>(total(first, last));
    std::fill(&row.inverse[first], &row.inverse[first] + (last - first),
              1.0f / std::sqrt(variance + settings_.eps));
  });
  for (std::size_t c = 0; c < channels_; ++c) {
    row.a[c] = weight(c) * row.inverse[c];
    row.shift[c] = settings_.affine ? bias_[c] : 0.0f;
  }
  normalize_channels(x, row.mean, row.a, row.shift, y);
}

void GroupNorm::forward(const LayerCall& call) const {
  const ConstMatrix x = call.x.floats();
  products_.parts(x.rows, [&](std::size_t i) {
    forward_row(row_of(call, i), {x.data + i * x.cols, pixels_, channels_},
                {call.y.data + i * x.cols, pixels_, channels_});
  });
}

void GroupNorm::gradient_row(const Row& row, ConstMatrix x, ConstMatrix dy, Matrix dx) const {
  std::ranges::fill(row.sums, 0.0);
  std::ranges::fill(row.products, 0.0);
  add_gradient_sums(x, dy, row.mean, row.sums, row.products);
  if (dx.empty()) return;
  const auto count = static_cast<double>(channels_ / settings_.groups * pixels_);
  each_group([&](std::size_t first, std::size_t last) {
    double of_dy = 0, of_products = 0;
    for (std::size_t c = first; c < last; ++c) {
      of_dy += static_cast<double>(weight(c)) * row.sums[c];
      of_products += static_cast<double>(weight(c)) * row.products[c];
    }
    const auto inverse = static_cast<double>(row.inverse[first]);
    for (std::size_t c = first; c < last; ++c) {
      row.a[c] = weight(c) * row.inverse[c];
      row.b[c] = static_cast<float>(-inverse * inverse * inverse * of_products / count);
      row.shift[c] = static_cast<float>(-inverse * of_dy / count);
    }
  });
  normalized_gradient(x, dy, row.mean, row.a, row.b, row.shift, dx);
}

void GroupNorm::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  const ConstMatrix x = call.x.floats();
  products_.parts(x.rows, [&](std::size_t i) {
    Matrix to;
    if (!dx.empty()) to = {dx.data + i * x.cols, pixels_, channels_};
    gradient_row(row_of(call, i), {x.data + i * x.cols, pixels_, channels_},
                 Matrix{dy.data + i * x.cols, pixels_, channels_}, to);
  });
}

void GroupNorm::accumulate(const LayerCall& call, ConstMatrix dy) {
  if (!settings_.affine) return;
  for (std::size_t i = 0; i < dy.rows; ++i) {
    const Row row = row_of(call, i);
    for (std::size_t c = 0; c < channels_; ++c) {
      weight_gradient_[c] +=
          static_cast<float>(row.products[c] * static_cast<double>(row.inverse[c]));
      bias_gradient_[c] += static_cast<float>(row.sums[c]);
    }
  }
}

GroupNormSpec GroupNormSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "num_groups"}, {"eps", "affine"});
  GroupNorm::Settings settings;
  settings.groups = static_cast<std::size_t>(json.member("num_groups").integer(1, kMaxGroups));
  if (json.has("eps")) settings.eps = json.member("eps").number(0, 1);
  if (json.has("affine")) settings.affine = json.member("affine").boolean();
  return GroupNormSpec(settings);
}

std::vector<LayerExample> GroupNormSpec::examples() {
  return {{GroupNormSpec({.groups = 2}), {4, 3, 2}},
          {GroupNormSpec({.groups = 1, .eps = 0.25f, .affine = false}), {3, 2, 2}},
          {GroupNormSpec({.groups = 3}), {3, 4, 2}}};
}

void GroupNormSpec::write(nlohmann::json& json) const {
  json["num_groups"] = settings_.groups;
  json["eps"] = settings_.eps;
  json["affine"] = settings_.affine;
}

std::string GroupNormSpec::shape_problem(const Shape& input) const {
  if (std::string problem = image_problem(kType, input); !problem.empty()) return problem;
  if (channels_of(input) % settings_.groups == 0) return {};
  return "group_norm takes a multiple of " + std::to_string(settings_.groups) +
         " channels, as many as its groups, but gets " + shape_text(input);
}

Shape GroupNormSpec::output_shape(const Shape& input) const { return input; }

std::vector<ParameterTensor> GroupNormSpec::parameter_tensors(const Shape& input) const {
  if (!settings_.affine) return {};
  return {{"weight", {input[0]}, all_equal(1)}, {"bias", {input[0]}, all_equal(0)}};
}

double GroupNormSpec::multiplications(const Shape&) const { return 0; }

std::unique_ptr<Layer> GroupNormSpec::make(const LayerSetting& setting) const {
  return std::make_unique<GroupNorm>(settings_, setting);
}

}  // namespace mixnn
