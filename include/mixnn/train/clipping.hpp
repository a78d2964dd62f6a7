#pragma once
#include <cstddef>
#include <span>

namespace mixnn {

// Gradients that are together longer than a limit are scaled down to it before the update, as
// PyTorch's clip_grad_norm_ does (Pascanu et al. 2013).
struct Clipping {
  double norm = 0;  // of all gradients of the step, before
  float scale = 1;  // of each
};

// `squares`: the sum of the squares of each stage's gradients, in the order of the stages. Throws
// RunError if the norm is no finite number; `epoch` and `step` count from 0, for the message.
Clipping clipping_of(std::span<const double> squares, float most, std::size_t epoch,
                     std::size_t step);

}  // namespace mixnn
