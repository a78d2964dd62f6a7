#pragma once
#include <memory>
#include <span>
#include <string>

#include "mixnn/tensor/matrix.hpp"
#include "mixnn/tensor/products.hpp"
#include "mixnn/tensor/sliding_window.hpp"

namespace mixnn {

// Weights are out_channels x in_channels / groups x kernel, row-major, as PyTorch has them.
struct ConvolutionShape {
  std::size_t in_channels = 1, out_channels = 1, groups = 1;
  Plane image;
  SlidingWindow window;
  bool bias = true;

  Plane output() const { return window.output(image); }
  std::size_t weights() const {
    return out_channels * (in_channels / groups) * window.kernel.pixels();
  }
  std::size_t multiplications() const { return weights() * output().pixels(); }  // of a row
};

// Convolution of rows of images by oneDNN, and its gradients. Rows are cut into parts, which the
// products' crew shares; how they are cut, and so the bits, follows from the shape and the number
// of rows alone, and from oneDNN's version and instructions. One call at a time. The first call
// with a number of rows makes its kernels; later ones allocate no more than oneDNN itself does, the
// list of a kernel's arguments.
class Convolution {
 public:
  // `input_gradient`: will be asked for.
  Convolution(const ConvolutionShape& shape, std::size_t max_rows, bool input_gradient,
              Products products);
  ~Convolution();

  // All three are those of y = max(0, convolution) then.
  void with_relu();
  std::size_t scratch_bytes() const;

  // Bias and its gradient are empty if the shape has none.
  void forward(ConstMatrix x, std::span<const float> weight, std::span<const float> bias, Matrix y);
  // With relu, dy is first masked in place to where y > 0. An empty dx is not wanted.
  void input_gradient(ConstMatrix y, Matrix dy, std::span<const float> weight, Matrix dx);
  // Adds to the gradients.
  void accumulate(ConstMatrix x, ConstMatrix dy, std::span<float> weight_gradient,
                  std::span<float> bias_gradient);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Version and instructions, such as "oneDNN 2.6.3 avx512_core"; the environment's
// ONEDNN_MAX_CPU_ISA limits the latter.
std::string onednn_version();

}  // namespace mixnn
