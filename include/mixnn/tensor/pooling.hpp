#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/tensor/sliding_window.hpp"

namespace mixnn {

// Pooling of one image of H x W x C (tensor/sliding_window.hpp) into another with as many channels.
// Every value is computed alone, from its window's first pixel to its last.

// With padding and dilation a window may lie beside the image with all its places.
bool some_windows_empty(Plane image, const SlidingWindow& window);

// What lies within [begin, end) of an image's rows or columns.
struct PixelRange {
  std::size_t begin, end;
};

// Of each output pixel the place in its window that had the largest value; the first of them, or
// the last that is not a number. As PyTorch, which takes that for the largest.
class MaxPooling {
 public:
  MaxPooling(std::size_t channels, Plane image, const SlidingWindow& window)
      : channels_(channels), image_(image), output_(window.output(image)), window_(window) {}

  void forward(const float* x, float* y, std::uint32_t* places) const;
  void gradient(const float* dy, const std::uint32_t* places, float* dx) const;

 private:
  std::size_t channels_;
  Plane image_, output_;
  SlidingWindow window_;
};

// The mean of each window, which is a range of rows and a range of columns.
class AveragePooling {
 public:
  // PyTorch's AvgPool2d: padding counts as zeros, or not at all.
  AveragePooling(std::size_t channels, Plane image, const SlidingWindow& window,
                 bool count_padding);
  // AdaptiveAvgPool2d: windows that cover the image, so many.
  AveragePooling(std::size_t channels, Plane image, Plane output);

  void forward(const float* x, float* y) const;
  void gradient(const float* dy, float* dx) const;

 private:
  float divisor(PixelRange rows, PixelRange columns) const;

  std::size_t channels_;
  Plane image_;
  std::vector<PixelRange> rows_, columns_;
  std::size_t counted_ = 0;  // pixels of every window; 0: those that are there
};

}  // namespace mixnn
