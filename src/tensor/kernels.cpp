#include "mixnn/tensor/kernels.hpp"

#include "mixnn/tensor/convolution.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

std::string kernel_versions() { return blas_version() + ", " + onednn_version(); }

}  // namespace mixnn
