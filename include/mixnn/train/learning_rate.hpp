#pragma once
#include <cstddef>
#include <span>

namespace mixnn {

// How the learning rate goes from the first update to the last: stays, falls in equal steps to
// almost nothing, which takes the noise of the last updates out of the result, falls after every
// few epochs, along a cosine, rises and falls along two (PyTorch's OneCycleLR), or falls when the
// tests after the epochs get no better (PyTorch's ReduceLROnPlateau).
enum class LrDecay { kNone, kLinear, kStep, kCosine, kOneCycle, kPlateau };

struct LearningRate {
  LrDecay decay = LrDecay::kLinear;
  double highest = 0.1, least = 0;
  // Updates in which the rate rises in equal steps to the highest; the decay goes over those that
  // are left.
  std::size_t warmup = 0;
  std::size_t step_epochs = 10;  // kStep: after so many epochs, of the whole training, ...
  double gamma = 0.1;            // ... the rate is multiplied with this
  // kPlateau: the same, after more epochs in a row than these with a loss that is not at least
  // 1e-4 of it below the least one so far.
  std::size_t patience = 10;

  // Of update `update` (from 0) of `updates` in all; that of the last one for any later. `tested`:
  // the losses of the tests after the epochs so far.
  float at(std::size_t update, std::size_t updates, std::size_t updates_of_an_epoch,
           std::span<const double> tested = {}) const;
};

}  // namespace mixnn
