#include "mixnn/tensor/pooling.hpp"

#include <algorithm>
#include <utility>

#include "mixnn/tensor/clones.hpp"

namespace mixnn {
namespace {

MIXNN_CLONES void first_place(const float* __restrict x, float* __restrict y,
                              std::uint32_t* __restrict places, std::uint32_t place,
                              std::size_t n) {
  for (std::size_t c = 0; c < n; ++c) {
    y[c] = x[c];
    places[c] = place;
  }
}

MIXNN_CLONES void larger_place(const float* __restrict x, float* __restrict y,
                               std::uint32_t* __restrict places, std::uint32_t place,
                               std::size_t n) {
  for (std::size_t c = 0; c < n; ++c) {
    const bool take = (x[c] > y[c]) | (x[c] != x[c]);
    y[c] = take ? x[c] : y[c];
    places[c] = take ? place : places[c];
  }
}

MIXNN_CLONES void add_at_place(const float* __restrict dy, const std::uint32_t* __restrict places,
                               std::uint32_t place, float* __restrict dx, std::size_t n) {
  for (std::size_t c = 0; c < n; ++c) dx[c] += places[c] == place ? dy[c] : 0.0f;
}

MIXNN_CLONES void add_pixel(const float* __restrict x, float* __restrict y, std::size_t n) {
  for (std::size_t c = 0; c < n; ++c) y[c] += x[c];
}

MIXNN_CLONES void divide_pixel(float* y, float divisor, std::size_t n) {
  for (std::size_t c = 0; c < n; ++c) y[c] /= divisor;
}

MIXNN_CLONES void add_quotient(const float* __restrict dy, float divisor, float* __restrict dx,
                               std::size_t n) {
  for (std::size_t c = 0; c < n; ++c) dx[c] += dy[c] / divisor;
}

// Those of the kernel's places that lie on the image: `begin` to `end` of them, from `first` on.
struct Places {
  std::size_t begin, end, first;
};

Places places_on(std::size_t at, std::size_t size, std::size_t kernel, std::size_t stride,
                 std::size_t padding, std::size_t dilation) {
  const std::size_t from = at * stride;  // in the padded image
  const std::size_t begin = from >= padding ? 0 : (padding - from + dilation - 1) / dilation;
  const std::size_t room = size + padding - from;  // up to the image's end
  const std::size_t end = std::min(kernel, (room + dilation - 1) / dilation);
  return {begin, end, from + begin * dilation - padding};
}

// f(output pixel, place in its window, input pixel), a window after the other.
template <class F>
void each_place(Plane image, Plane output, const SlidingWindow& w, F f) {
  for (std::size_t row = 0; row < output.height; ++row) {
    const Places down = places_on(row, image.height, w.kernel.height, w.stride.height,
                                  w.padding.height, w.dilation.height);
    for (std::size_t column = 0; column < output.width; ++column) {
      const Places across = places_on(column, image.width, w.kernel.width, w.stride.width,
                                      w.padding.width, w.dilation.width);
      bool first = true;
      for (std::size_t i = down.begin; i < down.end; ++i)
        for (std::size_t j = across.begin; j < across.end; ++j) {
          const std::size_t y = down.first + (i - down.begin) * w.dilation.height;
          const std::size_t x = across.first + (j - across.begin) * w.dilation.width;
          f(row * output.width + column, static_cast<std::uint32_t>(i * w.kernel.width + j),
            y * image.width + x, std::exchange(first, false));
        }
    }
  }
}

// f(output pixel, its rows, its columns)
template <class F>
void each_window(const std::vector<PixelRange>& rows, const std::vector<PixelRange>& columns, F f) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < columns.size(); ++j) f(i * columns.size() + j, rows[i], columns[j]);
}

}  // namespace

bool some_windows_empty(Plane image, const SlidingWindow& w) {
  const auto empty = [](std::size_t count, auto... of) {
    for (std::size_t at = 0; at < count; ++at)
      if (const Places places = places_on(at, of...); places.begin >= places.end) return true;
    return false;
  };
  const Plane output = w.output(image);
  return empty(output.height, image.height, w.kernel.height, w.stride.height, w.padding.height,
               w.dilation.height) ||
         empty(output.width, image.width, w.kernel.width, w.stride.width, w.padding.width,
               w.dilation.width);
}

void MaxPooling::forward(const float* x, float* y, std::uint32_t* places) const {
  each_place(image_, output_, window_,
             [&](std::size_t to, std::uint32_t place, std::size_t from, bool first) {
               (first ? first_place : larger_place)(x + from * channels_, y + to * channels_,
                                                    places + to * channels_, place, channels_);
             });
}

void MaxPooling::gradient(const float* dy, const std::uint32_t* places, float* dx) const {
  std::fill_n(dx, image_.pixels() * channels_, 0.0f);
  each_place(image_, output_, window_,
             [&](std::size_t to, std::uint32_t place, std::size_t from, bool) {
               add_at_place(dy + to * channels_, places + to * channels_, place,
                            dx + from * channels_, channels_);
             });
}

AveragePooling::AveragePooling(std::size_t channels, Plane image, const SlidingWindow& window,
                               bool count_padding)
    : channels_(channels), image_(image), counted_(count_padding ? window.kernel.pixels() : 0) {
  const auto ranges = [](std::size_t count, std::size_t size, std::size_t kernel,
                         std::size_t stride, std::size_t padding) {
    std::vector<PixelRange> all;
    for (std::size_t i = 0; i < count; ++i) {
      const Places at = places_on(i, size, kernel, stride, padding, 1);
      all.push_back({at.first, at.first + (at.end - at.begin)});
    }
    return all;
  };
  const Plane output = window.output(image);
  rows_ = ranges(output.height, image.height, window.kernel.height, window.stride.height,
                 window.padding.height);
  columns_ = ranges(output.width, image.width, window.kernel.width, window.stride.width,
                    window.padding.width);
}

AveragePooling::AveragePooling(std::size_t channels, Plane image, Plane output)
    : channels_(channels), image_(image) {
  const auto ranges = [](std::size_t count, std::size_t size) {
    std::vector<PixelRange> all;
    for (std::size_t i = 0; i < count; ++i)
      all.push_back({i * size / count, ((i + 1) * size + count - 1) / count});
    return all;
  };
  rows_ = ranges(output.height, image.height);
  columns_ = ranges(output.width, image.width);
}

float AveragePooling::divisor(PixelRange rows, PixelRange columns) const {
  const std::size_t there = (rows.end - rows.begin) * (columns.end - columns.begin);
  return static_cast<float>(counted_ > 0 ? counted_ : there);
}

void AveragePooling::forward(const float* x, float* y) const {
  each_window(rows_, columns_, [&](std::size_t to, PixelRange rows, PixelRange columns) {
    float* const sum = y + to * channels_;
    std::fill_n(sum, channels_, 0.0f);
    for (std::size_t i = rows.begin; i < rows.end; ++i)
      for (std::size_t j = columns.begin; j < columns.end; ++j)
        add_pixel(x + (i * image_.width + j) * channels_, sum, channels_);
    divide_pixel(sum, divisor(rows, columns), channels_);
  });
}

void AveragePooling::gradient(const float* dy, float* dx) const {
  std::fill_n(dx, image_.pixels() * channels_, 0.0f);
  each_window(rows_, columns_, [&](std::size_t to, PixelRange rows, PixelRange columns) {
    const float by = divisor(rows, columns);
    for (std::size_t i = rows.begin; i < rows.end; ++i)
      for (std::size_t j = columns.begin; j < columns.end; ++j)
        add_quotient(dy + to * channels_, by, dx + (i * image_.width + j) * channels_, channels_);
  });
}

}  // namespace mixnn
