#pragma once
#include <string>

namespace mixnn {

// The libraries that compute, and oneDNN's instructions, such as "OpenBLAS 0.3.21, oneDNN 2.6.3
// avx512_core". With blas_core() (gemm.hpp) it is what bits depend on beside shapes: ranks compare
// both, and so does a checkpoint.
std::string kernel_versions();

}  // namespace mixnn
