#pragma once
#include <span>

#include "mixnn/tensor/matrix.hpp"

namespace mixnn {

// transposed = m^T, row-major. They do not overlap.
void transpose(ConstMatrix m, std::span<float> transposed);

}  // namespace mixnn
