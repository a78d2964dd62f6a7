#pragma once
#include "mixnn/base/buffer.hpp"
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// PyTorch's BatchNorm2d on images, with the statistics of a micro-batch. Evaluation takes the
// running ones, which accumulate changes, and so in the order of the micro-batches.
class BatchNorm2d final : public Layer {
 public:
  struct Settings {
    float eps = 1e-5f, momentum = 0.1f;
    bool affine = true;
  };
  BatchNorm2d(const Settings& settings, const LayerSetting& setting);

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  std::size_t workspace_bytes() const override { return layout_.bytes(); }
  std::size_t scratch_bytes() const override { return scratch_.size(); }
  bool absorb(const Layer& behind) override;
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  ConstMatrix pixels(ConstMatrix rows) const;
  // each(first pixel, pixels, sums of these) in parts of so many, then adds up what they sum.
  void sum(std::size_t pixels,
           FunctionRef<void(std::size_t, std::size_t, std::span<double>)> each) const;
  void measure(const LayerCall& call, ConstMatrix x) const;

  Settings settings_;
  std::size_t channels_;
  bool relu_ = false;
  Products products_;
  WorkspaceLayout layout_;
  // In the workspace: per channel.
  std::size_t mean_, variance_, of_dy_, of_products_;
  mutable AlignedBuffer scratch_;  // sums of each part, and three values for each channel
  std::span<float> weight_, bias_, running_mean_, running_variance_, weight_gradient_,
      bias_gradient_;
};

class BatchNorm2dSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "batch_norm2d";
  static BatchNorm2dSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit BatchNorm2dSpec(const BatchNorm2d::Settings& settings = {}) : settings_(settings) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  BatchNorm2d::Settings settings_;
};

}  // namespace mixnn
