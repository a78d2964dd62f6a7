#include "mixnn/train/clipping.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "mixnn/base/error.hpp"

namespace mixnn {

constexpr double kLeastNorm = 1e-6;  // added to it, as PyTorch does

Clipping clipping_of(std::span<const double> squares, float most, std::size_t epoch,
                     std::size_t step) {
  double sum = 0;
  for (const double part : squares) sum += part;
  const double norm = std::sqrt(sum);
  if (!std::isfinite(norm))
    throw RunError("the gradient is no longer a finite number in epoch " +
                   std::to_string(epoch + 1) + ", step " + std::to_string(step + 1) +
                   "; try a smaller --lr");
  const double scale = static_cast<double>(most) / (norm + kLeastNorm);
  return {norm, static_cast<float>(std::min(scale, 1.0))};
}

}  // namespace mixnn
