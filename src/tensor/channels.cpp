#include "mixnn/tensor/channels.hpp"

#include "mixnn/tensor/clones.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void channel_sums_kernel(const float* __restrict x, double* __restrict sums,
                                      std::size_t rows, std::size_t cols) {
  for (std::size_t r = 0; r < rows; ++r, x += cols)
    for (std::size_t c = 0; c < cols; ++c) sums[c] += static_cast<double>(x[c]);
}

MIXNN_CLONES void channel_squares_kernel(const float* __restrict x, const float* __restrict mean,
                                         double* __restrict sums, std::size_t rows,
                                         std::size_t cols) {
  for (std::size_t r = 0; r < rows; ++r, x += cols)
    for (std::size_t c = 0; c < cols; ++c) {
      const float away = x[c] - mean[c];
      sums[c] += static_cast<double>(away * away);
    }
}

MIXNN_CLONES void normalize_kernel(const float* __restrict x, const float* __restrict mean,
                                   const float* __restrict scale, const float* __restrict shift,
                                   float* __restrict y, std::size_t rows, std::size_t cols) {
  for (std::size_t r = 0; r < rows; ++r, x += cols, y += cols)
    for (std::size_t c = 0; c < cols; ++c) y[c] = (x[c] - mean[c]) * scale[c] + shift[c];
}

MIXNN_CLONES void gradient_sums_kernel(const float* __restrict x, const float* __restrict dy,
                                       const float* __restrict mean, double* __restrict of_dy,
                                       double* __restrict of_products, std::size_t rows,
                                       std::size_t cols) {
  for (std::size_t r = 0; r < rows; ++r, x += cols, dy += cols)
    for (std::size_t c = 0; c < cols; ++c) {
      of_dy[c] += static_cast<double>(dy[c]);
      of_products[c] += static_cast<double>(dy[c] * (x[c] - mean[c]));
    }
}

MIXNN_CLONES void normalized_gradient_kernel(const float* __restrict x, const float* __restrict dy,
                                             const float* __restrict mean,
                                             const float* __restrict of_dy,
                                             const float* __restrict of_x,
                                             const float* __restrict shift, float* __restrict dx,
                                             std::size_t rows, std::size_t cols) {
  for (std::size_t r = 0; r < rows; ++r, x += cols, dy += cols, dx += cols)
    for (std::size_t c = 0; c < cols; ++c)
      dx[c] = of_dy[c] * dy[c] + (of_x[c] * (x[c] - mean[c]) + shift[c]);
}

template <class... Spans>
void check_channels(ConstMatrix x, const Spans&... spans) {
  MIXNN_CHECK(((spans.size() == x.cols) && ...), "as many values as channels");
}

}  // namespace

void add_channel_sums(ConstMatrix x, std::span<double> sums) {
  check_channels(x, sums);
  channel_sums_kernel(x.data, sums.data(), x.rows, x.cols);
}

void add_channel_squares(ConstMatrix x, std::span<const float> mean, std::span<double> sums) {
  check_channels(x, mean, sums);
  channel_squares_kernel(x.data, mean.data(), sums.data(), x.rows, x.cols);
}

void normalize_channels(ConstMatrix x, std::span<const float> mean, std::span<const float> scale,
                        std::span<const float> shift, Matrix y) {
  check_channels(x, mean, scale, shift);
  normalize_kernel(x.data, mean.data(), scale.data(), shift.data(), y.data, x.rows, x.cols);
}

void add_gradient_sums(ConstMatrix x, ConstMatrix dy, std::span<const float> mean,
                       std::span<double> of_dy, std::span<double> of_products) {
  check_channels(x, mean, of_dy, of_products);
  gradient_sums_kernel(x.data, dy.data, mean.data(), of_dy.data(), of_products.data(), x.rows,
                       x.cols);
}

void normalized_gradient(ConstMatrix x, ConstMatrix dy, std::span<const float> mean,
                         std::span<const float> of_dy, std::span<const float> of_x,
                         std::span<const float> shift, Matrix dx) {
  check_channels(x, mean, of_dy, of_x, shift);
  normalized_gradient_kernel(x.data, dy.data, mean.data(), of_dy.data(), of_x.data(), shift.data(),
                             dx.data, x.rows, x.cols);
}

}  // namespace mixnn
