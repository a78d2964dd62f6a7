#pragma once
#include "mixnn/layers/layer.hpp"
#include "mixnn/tensor/products.hpp"

namespace mixnn {

// y = x W^T + b with W (out x in) and b (out), and where asked y = max(0, that): the relu that
// follows, in the same pass.
//   dx = dy W      dW += dy^T x      db += the rows of dy, first to last
// With relu, dy is first masked in place to where y > 0.
class Linear final : public Layer {
 public:
  enum class Then { kNothing, kRelu };

  Linear(std::size_t in, std::size_t out, Then then, Products products = {})
      : in_(in), out_(out), then_(then), products_(products) {}

  std::size_t parameter_count() const override { return out_ * in_ + out_; }
  void bind(std::span<float> parameters, std::span<float> gradients) override;
  void forward(ConstMatrix x, Matrix y) const override;
  void input_gradient(ConstMatrix y, Matrix dy, Matrix dx) const override;
  void accumulate(ConstMatrix x, ConstMatrix dy) override;

 private:
  std::size_t in_, out_;
  Then then_;
  Products products_;
  std::span<float> weight_, bias_, weight_gradient_, bias_gradient_;
};

// Takes flat inputs only.
std::string shape_problem(const LinearSpec& layer, const Shape& input);
Shape output_shape(const LinearSpec& layer, const Shape& input);
std::vector<ParameterTensor> parameter_tensors(const LinearSpec& layer, const Shape& input);
LinearSpec linear_from_json(const JsonValue& json);
nlohmann::json layer_to_json(const LinearSpec& layer);

}  // namespace mixnn
