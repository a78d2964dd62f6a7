#pragma once
#include "mixnn/layers/layer_kind.hpp"
#include "mixnn/tensor/convolution.hpp"

namespace mixnn {

// PyTorch's Conv2d on images, by oneDNN, and y = max(0, that) if it has absorbed a relu.
class Conv2d final : public Layer {
 public:
  Conv2d(const ConvolutionShape& shape, const LayerSetting& setting);

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  std::size_t scratch_bytes() const override { return convolution_->scratch_bytes(); }
  bool absorb(const Layer& behind) override;
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  std::size_t weights_;
  bool relu_ = false;
  std::unique_ptr<Convolution> convolution_;
  std::span<float> weight_, bias_, weight_gradient_, bias_gradient_;
};

// Initial weights and biases are PyTorch's: uniform in +-1/sqrt(n), n products in each output.
class Conv2dSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "conv2d";
  static Conv2dSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  Conv2dSpec(std::size_t out_channels, const SlidingWindow& window, std::size_t groups = 1,
             bool bias = true)
      : out_channels_(out_channels), window_(window), groups_(groups), bias_(bias) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  ConvolutionShape of(const Shape& input) const;

  std::size_t out_channels_;
  SlidingWindow window_;
  std::size_t groups_;
  bool bias_;
};

}  // namespace mixnn
