#pragma once
#include <cstddef>

namespace mixnn {

// Height and width, of an image or in pixels of it. Images lie row by row, and of each pixel all
// channels one behind the other (H x W x C).
struct Plane {
  std::size_t height = 1, width = 1;

  std::size_t pixels() const { return height * width; }
  bool operator==(const Plane&) const = default;
};

// How a kernel goes over an image, as PyTorch's Conv2d and MaxPool2d say it.
struct SlidingWindow {
  Plane kernel, stride{1, 1}, padding{0, 0}, dilation{1, 1};

  // Where it stands on the image, rounded down. Nothing, if it is larger than the padded image.
  Plane output(Plane image) const {
    const auto extent = [](std::size_t size, std::size_t of_kernel, std::size_t step,
                           std::size_t pad, std::size_t spread) {
      const std::size_t padded = size + 2 * pad, covered = spread * (of_kernel - 1) + 1;
      return padded < covered ? 0 : (padded - covered) / step + 1;
    };
    return {extent(image.height, kernel.height, stride.height, padding.height, dilation.height),
            extent(image.width, kernel.width, stride.width, padding.width, dilation.width)};
  }
};

}  // namespace mixnn
