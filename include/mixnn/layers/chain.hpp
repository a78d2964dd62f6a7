#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mixnn/layers/layer.hpp"
#include "mixnn/layers/layer_spec.hpp"

namespace mixnn {

// A layer as a chain runs it, and what the chain needs to know of it.
struct ChainStep {
  std::unique_ptr<Layer> layer;
  std::size_t inputs = 0, outputs = 0;  // elements of a row
  std::size_t parameters = 0;
  bool wants_dx = true;
};

// Layers one behind the other, as one layer: what a stage is, and what a layer made of layers may
// hold. Their activations and the gradients between them are its workspace. Without a layer that
// moves anything it copies.
class Chain final : public Layer {
 public:
  // `keys`: one for each layer that draws, in order. The setting's own key is not used.
  Chain(std::span<const LayerSpec> layers, std::span<const std::uint64_t> keys,
        const LayerSetting& setting);

  void bind(std::span<float> parameters, std::span<float> gradients) override;
  std::size_t workspace_bytes() const override { return layout_.bytes(); }
  std::size_t scratch_bytes() const override;
  void forward(const LayerCall& call) const override;
  void input_gradient(const LayerCall& call, Matrix dy, Matrix dx) const override;
  void accumulate(const LayerCall& call, ConstMatrix dy) override;

 private:
  // A step's places in the workspace, in bytes.
  struct Places {
    std::size_t y = 0, dx = 0, own = 0, own_bytes = 0;
  };

  Matrix y_of(const LayerCall& call, std::size_t step) const;
  Matrix dx_of(const LayerCall& call, std::size_t step) const;  // of all steps but the first
  LayerCall call_of(const LayerCall& call, std::size_t step) const;

  std::vector<ChainStep> steps_;
  std::vector<Places> places_;
  WorkspaceLayout layout_;
  // The first step that has to know the gradient of its output. If nobody wants that of the chain's
  // input, it is the first with parameters.
  std::size_t first_backward_ = 0;
};

}  // namespace mixnn
