#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// PyTorch's GroupNorm on images: each sample's channels in groups, each group by itself.
class GroupNorm final : public Layer {
 public:
  struct Settings {
    std::size_t groups = 1;
    float eps = 1e-5f;
    bool affine = true;
  };
  GroupNorm(const Settings& settings, const LayerSetting& setting);

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  std::size_t workspace_bytes() const override;
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  // What a row keeps in the workspace, a value for each channel.
  struct Row {
    std::span<double> sums, products;
    std::span<float> mean, inverse, a, b, shift;
  };
  Row row_of(const LayerCall& call, std::size_t row) const;
  std::size_t row_bytes() const;
  // each(first, last) channel of each group
  void each_group(FunctionRef<void(std::size_t, std::size_t)> each) const;
  void forward_row(const Row& row, ConstMatrix x, Matrix y) const;
  void gradient_row(const Row& row, ConstMatrix x, ConstMatrix dy, Matrix dx) const;
  float weight(std::size_t channel) const { return settings_.affine ? weight_[channel] : 1.0f; }

  Settings settings_;
  std::size_t channels_, pixels_, max_rows_;
  Products products_;
  std::span<float> weight_, bias_, weight_gradient_, bias_gradient_;
};

class GroupNormSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "group_norm";
  static GroupNormSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit GroupNormSpec(const GroupNorm::Settings& settings) : settings_(settings) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  GroupNorm::Settings settings_;
};

}  // namespace mixnn
