#include "mixnn/layers/kinds/conv2d.hpp"

#include <cmath>

#include "mixnn/layers/image.hpp"
#include "mixnn/layers/kinds/relu.hpp"

namespace mixnn {
namespace {

constexpr std::int64_t kMaxChannels = 65536;

}  // namespace

extern const LayerKind conv2d_kind = kind_of<Conv2dSpec>();

Conv2d::Conv2d(const ConvolutionShape& shape, const LayerSetting& setting)
    : weights_(shape.weights()),
      convolution_(std::make_unique<Convolution>(shape, setting.max_rows, setting.input_gradient,
                                                 setting.products)) {}

void Conv2d::bind(std::span<float> parameters, std::span<float> gradients) {
  weight_ = parameters.first(weights_);
  bias_ = parameters.subspan(weights_);
  weight_gradient_ = gradients.first(weights_);
  bias_gradient_ = gradients.subspan(weights_);
}

bool Conv2d::absorb(const Layer& behind) {
  if (relu_ || dynamic_cast<const Relu*>(&behind) == nullptr) return false;
  convolution_->with_relu();
  return relu_ = true;
}

void Conv2d::forward(const LayerCall& call) const {
  convolution_->forward(call.x.floats(), weight_, bias_, call.y);
}

void Conv2d::input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const {
  convolution_->input_gradient(call.y, dy, weight_, dx);
}

void Conv2d::accumulate(const LayerCall& call, ConstMatrix dy) {
  convolution_->accumulate(call.x.floats(), dy, weight_gradient_, bias_gradient_);
}

Conv2dSpec Conv2dSpec::read(const JsonValue& json) {
  json.expect_keys({"type", "out_channels", "kernel_size"},
                   {"stride", "padding", "dilation", "groups", "bias"});
  const auto channels = json.member("out_channels").integer(1, kMaxChannels);
  const auto groups = json.has("groups") ? json.member("groups").integer(1, kMaxChannels) : 1;
  if (channels % groups != 0) json.fail("out_channels must be a multiple of groups");
  return {static_cast<std::size_t>(channels), read_window(json, true, Plane{1, 1}),
          static_cast<std::size_t>(groups), !json.has("bias") || json.member("bias").boolean()};
}

std::vector<LayerExample> Conv2dSpec::examples() {
  return {{Conv2dSpec(3, {.kernel = {3, 3}}), {2, 5, 4}},
          {Conv2dSpec(4, {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 2}}), {1, 6, 5}},
          {Conv2dSpec(6, {.kernel = {2, 2}, .dilation = {2, 1}}, 2, false), {4, 5, 3}},
          {Conv2dSpec(5, {.kernel = {1, 1}}), {3, 2, 2}}};
}

void Conv2dSpec::write(nlohmann::json& json) const {
  json["out_channels"] = out_channels_;
  write_window(window_, true, json);
  json["groups"] = groups_;
  json["bias"] = bias_;
}

std::string Conv2dSpec::shape_problem(const Shape& input) const {
  if (std::string problem = image_problem(kType, input); !problem.empty()) return problem;
  if (channels_of(input) % groups_ != 0)
    return "conv2d takes a multiple of " + std::to_string(groups_) +
           " channels, as many as its groups, but gets " + shape_text(input);
  return window_problem(kType, window_, input, out_channels_);
}

ConvolutionShape Conv2dSpec::of(const Shape& input) const {
  return {channels_of(input), out_channels_, groups_, plane_of(input), window_, bias_};
}

Shape Conv2dSpec::output_shape(const Shape& input) const {
  return image_shape(out_channels_, of(input).output());
}

std::vector<ParameterTensor> Conv2dSpec::parameter_tensors(const Shape& input) const {
  const auto in = static_cast<std::int64_t>(channels_of(input) / groups_);
  const auto height = static_cast<std::int64_t>(window_.kernel.height);
  const auto width = static_cast<std::int64_t>(window_.kernel.width);
  const auto out = static_cast<std::int64_t>(out_channels_);
  const auto bound = static_cast<float>(1 / std::sqrt(static_cast<double>(in * height * width)));
  std::vector<ParameterTensor> tensors{{"weight", {out, in, height, width}, uniform_within(bound)}};
  if (bias_) tensors.push_back({"bias", {out}, uniform_within(bound)});
  return tensors;
}

double Conv2dSpec::multiplications(const Shape& input) const {
  return static_cast<double>(of(input).multiplications());
}

std::unique_ptr<Layer> Conv2dSpec::make(const LayerSetting& setting) const {
  return std::make_unique<Conv2d>(of(setting.input), setting);
}

}  // namespace mixnn
