#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// y = the mean of a sample's `count` neighbouring runs of `features` values; dx = dy / count, for
// each of them.
class Mean final : public LayerWithoutParameters {
 public:
  Mean(std::size_t count, std::size_t features) : count_(count), features_(features) {}
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;

 private:
  std::size_t count_, features_;
};

// PyTorch's mean over dimensions, of which 0 is the batch: over the tokens of [T, D] (1), or over
// height and width of [C, H, W] (2 and 3).
class MeanSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "mean";
  static MeanSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit MeanSpec(std::vector<std::int64_t> dim) : dim_(std::move(dim)) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  std::vector<std::int64_t> dim_;
};

}  // namespace mixnn
