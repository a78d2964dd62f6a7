#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/bytes.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/tensor/products.hpp"

namespace mixnn {

// What one micro-batch leaves in a stage between its forward and its backward: activations, output
// gradients and the workspace of every layer. Allocated once for max_rows, then reused. Holds views
// of the caller's input and gradient, too.
class Pass {
 public:
  Pass(Pass&&) noexcept;
  Pass& operator=(Pass&&) noexcept;
  ~Pass();

 private:
  friend class Stage;
  struct State;
  explicit Pass(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A stage: a chain of layers with its parameters, gradients and optimizer state. One thread at a
// time.
//
// A training step is: for each micro-batch forward, then input_gradient; then accumulate, in
// micro-batch order, which alone touches the parameter gradients; after the last one update. With
// stale weights (layers/stale_weights.hpp) forwards and input gradients of the next step may come
// before that update; the occasion of a forward says of which step it is.
// input_gradient reads only weights, so its order does not matter, and a host sends its result on
// before it accumulates. Baseline and stage hosts run this same code, which is why their parameters
// are bit for bit the same (P8).
class Stage {
 public:
  // Parameters are zero until set. `products` says who computes. `updates`: those that the state
  // which is to be set has behind it.
  explicit Stage(const StageSpec& spec, Products products = {}, std::uint32_t updates = 0);
  ~Stage();
  Stage(Stage&&) noexcept;

  const StageSpec& spec() const;
  Pass make_pass() const;
  std::size_t pass_bytes() const;     // of one
  std::size_t scratch_bytes() const;  // that all passes share

  // What goes in and out has the element types of the specification; all between is float32.

  // rows x input features -> rows x output features. `input` must stay valid and unchanged until
  // accumulate (or, without training, until the call returns). The result lives in `pass` until its
  // next forward.
  ConstBytes forward(Pass& pass, ConstBytes input, std::size_t rows, const Occasion& occasion);

  // dL/d(output), rows x output features -> dL/d(input), rows x input features; empty if the
  // specification wants none. May overwrite `output_gradient`, which must stay valid until
  // accumulate. The result lives in `pass`.
  Bytes input_gradient(Pass& pass, Bytes output_gradient);
  // The same, from a gradient that stays as it is. From the first time on, `pass` takes so many
  // bytes more.
  Bytes input_gradient_beside(Pass& pass, ConstBytes output_gradient);
  std::size_t beside_bytes() const;

  // Adds this micro-batch's parameter gradients (GEMM with beta = 1 straight into dW). In
  // micro-batch order.
  void accumulate(Pass& pass);

  // By the specification's optimizer. Then zeroes the gradients.
  void update(const UpdateStep& step);

  // All parameters in (layer, tensor) order, the newest.
  std::size_t parameter_count() const;
  std::size_t parameter_bytes() const;  // of all versions
  std::span<float> parameters();
  std::span<const float> parameters() const;
  std::span<const float> gradients() const;
  std::span<float> gradients();
  // The sum of their squares, without so many of the last.
  double gradient_squares(std::size_t left_out = 0) const;

  // All that updates change: the parameters, then each slot of the optimizer, then the parameters
  // before the last update if they are used.
  std::span<float> state();
  std::size_t optimizer_bytes() const;  // gradients and slots

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mixnn
