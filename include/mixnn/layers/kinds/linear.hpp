#pragma once
#include "mixnn/layers/layer_kind.hpp"

namespace mixnn {

// y = x W^T + b with W (out x in) and b (out), if there is one, for each row of `in` values; and
// y = max(0, that) if it has absorbed a relu.
//   dx = dy W      dW += dy^T x      db += the rows of dy, first to last
// With relu, dy is first masked in place to where y > 0.
class Linear final : public Layer {
 public:
  Linear(std::size_t in, std::size_t out, bool bias, Products products = {})
      : in_(in), out_(out), biases_(bias ? out : 0), products_(products) {}

  std::size_t parameter_count() const { return out_ * in_ + biases_; }
  void bind(std::span<float> parameters, std::span<float> gradients) override;
  bool absorb(const Layer& behind) override;
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  ConstMatrix rows_of_inputs(const LayerCall& call) const;

  std::size_t in_, out_, biases_;
  bool relu_ = false;
  Products products_;
  std::span<float> weight_, bias_, weight_gradient_, bias_gradient_;
};

// Takes samples of one or two dimensions, and acts on the last. Initial weights and biases are
// PyTorch's: uniform in +-1/sqrt(in).
class LinearSpec final : public LayerDescription {
 public:
  static constexpr std::string_view kType = "linear";
  static LinearSpec read(const JsonValue& json);
  static std::vector<LayerExample> examples();
  explicit LinearSpec(std::int64_t out_features, bool bias = true)
      : out_features_(out_features), bias_(bias) {}

  std::string_view type() const override { return kType; }
  void write(nlohmann::json& json) const override;
  std::string shape_problem(const Shape& input) const override;
  Shape output_shape(const Shape& input) const override;
  std::vector<ParameterTensor> parameter_tensors(const Shape& input) const override;
  double multiplications(const Shape& input) const override;
  std::unique_ptr<Layer> make(const LayerSetting& setting) const override;

 private:
  std::int64_t out_features_;
  bool bias_;
};

}  // namespace mixnn
