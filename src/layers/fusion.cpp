#include "mixnn/layers/fusion.hpp"

namespace mixnn {

void fuse(std::vector<ChainStep>& steps) {
  std::vector<ChainStep> fused;
  for (ChainStep& step : steps) {
    const bool absorbed =
        !fused.empty() && step.parameters == 0 && fused.back().layer->absorb(*step.layer);
    if (absorbed)
      fused.back().outputs = step.outputs;
    else
      fused.push_back(std::move(step));
  }
  steps = std::move(fused);
}

}  // namespace mixnn
