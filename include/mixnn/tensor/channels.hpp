#pragma once
#include <span>

#include "mixnn/tensor/matrix.hpp"

namespace mixnn {

// Passes over pixels of so many channels, one row a pixel, as normalization makes them. Sums are
// made in double, first pixel to last, and added to.

void add_channel_sums(ConstMatrix x, std::span<double> sums);
// Of (x - mean)^2.
void add_channel_squares(ConstMatrix x, std::span<const float> mean, std::span<double> sums);
// y = (x - mean) * scale + shift
void normalize_channels(ConstMatrix x, std::span<const float> mean, std::span<const float> scale,
                        std::span<const float> shift, Matrix y);
// Of dy, and of dy * (x - mean).
void add_gradient_sums(ConstMatrix x, ConstMatrix dy, std::span<const float> mean,
                       std::span<double> of_dy, std::span<double> of_products);
// dx = of_dy * dy + of_x * (x - mean) + shift
void normalized_gradient(ConstMatrix x, ConstMatrix dy, std::span<const float> mean,
                         std::span<const float> of_dy, std::span<const float> of_x,
                         std::span<const float> shift, Matrix dx);

}  // namespace mixnn
