#pragma once
#include "mixnn/base/buffer.hpp"
#include "mixnn/layers/layer_spec.hpp"

namespace mixnn {

// A layer that keeps nothing of its own for the backward: it computes its forward again from its
// input, in memory that all micro-batches share, with the same bits. If no other micro-batch came
// in between, what is there still holds.
class Recomputed final : public Layer {
 public:
  // `layer` is made for this setting, and gives `outputs` values a row.
  Recomputed(std::unique_ptr<Layer> layer, const LayerSetting& setting, std::size_t outputs);

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  std::size_t workspace_bytes() const override { return sizeof(Turn); }
  std::size_t scratch_bytes() const override;
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  using Turn = std::uint64_t;  // that the shared memory was used
  LayerCall inner(const LayerCall& call) const;
  bool holds(const LayerCall& call) const;
  Matrix backward(const LayerCall& call, ConstMatrix dy, Matrix dx) const;

  std::unique_ptr<Layer> layer_;
  std::size_t inputs_, outputs_;  // of a row
  bool wants_dx_;
  WorkspaceLayout layout_;
  std::size_t dy_, dx_;  // where they lie
  // For whom: a layer is used by one thread at a time, and its calls say in whose place they come.
  mutable AlignedBuffer shared_;
  mutable Turn last_ = 0, gradient_of_ = 0;
};

}  // namespace mixnn
