#pragma once
#include <cstddef>
#include <span>

#include "mixnn/layers/layer_call.hpp"

namespace mixnn {

// How a layer computes. The calls for one micro-batch come in the order forward, input_gradient,
// accumulate; those of other micro-batches may come in between. None of them allocates.
// dx and dy: gradients of input and output, one row a sample.
class Layer {
 public:
  virtual ~Layer() = default;

  // Where this layer's parameters and their gradients live, tensor after tensor; both outlive the
  // layer. Called before all else, and again when other parameters, as many, take their place:
  // those of a micro-batch keep their values between its calls.
  virtual void bind(std::span<float> parameters, std::span<float> gradients) = 0;

  // What it keeps from one call for a micro-batch to the next, beyond x, y and dy: bytes for as
  // many rows as a micro-batch may have.
  virtual std::size_t workspace_bytes() const { return 0; }
  // Memory of its own that all micro-batches share, within a call.
  virtual std::size_t scratch_bytes() const { return 0; }

  // Takes over the work of the layer behind, which then is left out. False: it cannot.
  virtual bool absorb(const Layer& behind);

  virtual void forward(const LayerCall& call) const = 0;
  // dx from dy; reads parameters, never their gradients. May overwrite dy with what accumulate
  // needs. An empty dx is not wanted.
  virtual void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const = 0;
  // Adds to the parameter gradients.
  virtual void accumulate(const LayerCall& call, ConstMatrix dy) = 0;
};

class LayerWithoutParameters : public Layer {
 public:
  void bind(std::span<float> parameters, std::span<float> gradients) final;
  void accumulate(const LayerCall&, ConstMatrix) final {}
};

}  // namespace mixnn
