#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mixnn/base/random.hpp"
#include "mixnn/layers/layer.hpp"
#include "mixnn/tensor/products.hpp"
#include "mixnn/tensor/shape.hpp"

namespace mixnn {

// The law that a tensor's initial values follow. Draws them in order.
using Initializer = std::function<void(CounterRng&, std::span<float>)>;
Initializer uniform_within(float bound);  // in [-bound, bound)
Initializer all_equal(float value);       // draws nothing

// A tensor of a layer's parameters, by PyTorch's name and shape.
struct ParameterTensor {
  std::string name;
  Shape shape;
  Initializer initialize;
  // Changed by the optimizer. Others are PyTorch's buffers, such as running means: the layer itself
  // changes them, in accumulate, and their gradients stay zero.
  bool trained = true;
};

// What a layer is made for.
struct LayerSetting {
  Shape input;                 // of one sample
  std::size_t max_rows = 0;    // of a micro-batch
  bool input_gradient = true;  // wanted; behind raw inputs it is not
  std::uint64_t key = 0;       // of the random numbers that this layer draws, if it draws any
  Products products;
};

// One layer as MODEL describes it: all that is to be known before it computes. Each kind derives
// from this class (kinds/), and what it leaves unsaid does not compile. Immutable.
class LayerDescription {
 public:
  virtual ~LayerDescription() = default;

  virtual std::string_view type() const = 0;           // of its JSON
  virtual void write(nlohmann::json& json) const = 0;  // all other keys of its JSON

  // Why it cannot take samples of this shape; empty if it can. The rest needs shapes without a
  // problem.
  virtual std::string shape_problem(const Shape& input) const = 0;
  virtual Shape output_shape(const Shape& input) const = 0;
  // In the order in which the parameters lie, and in which their initial values are drawn.
  virtual std::vector<ParameterTensor> parameter_tensors(const Shape& input) const = 0;
  virtual double multiplications(const Shape& input) const = 0;  // of one row's forward

  // Nothing, if it moves no value: then its outputs are its inputs.
  virtual std::unique_ptr<Layer> make(const LayerSetting& setting) const = 0;

  // Its outputs are its inputs, at most in another order.
  virtual bool only_moves() const { return false; }
  // Takes raw inputs as they are, as numbers of rows of a table. Others are given floats.
  virtual bool takes_indices() const { return false; }
  // Draws random numbers in training, so a key comes with it.
  virtual bool draws() const { return false; }

  std::size_t parameter_count(const Shape& input) const;  // of all its tensors
};

// A description of any kind, as a value.
class LayerSpec {
 public:
  template <std::derived_from<LayerDescription> Description>
  LayerSpec(Description description)  // NOLINT: meant to convert
      : description_(std::make_shared<const Description>(std::move(description))) {}

  const LayerDescription* operator->() const { return description_.get(); }
  const LayerDescription& operator*() const { return *description_; }

 private:
  std::shared_ptr<const LayerDescription> description_;
};

// f(layer, its input shape) for layers one behind the other. Gives the output shape of the last.
template <class F>
Shape each_with_shape(std::span<const LayerSpec> layers, Shape shape, F f) {
  for (const LayerSpec& layer : layers) {
    f(layer, shape);
    shape = layer->output_shape(shape);
  }
  return shape;
}
Shape output_shape(std::span<const LayerSpec> layers, const Shape& input);

// Keys for those of the layers that draw, in order, each by its index in the whole: `first` is that
// of the first of them. Layers made of layers derive theirs from their own key.
std::vector<std::uint64_t> layer_keys(std::span<const LayerSpec> layers, std::uint64_t seed,
                                      std::uint32_t first = 0);

}  // namespace mixnn
