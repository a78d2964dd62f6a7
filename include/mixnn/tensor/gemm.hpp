#pragma once
#include <string>

#include "mixnn/tensor/matrix.hpp"

namespace mixnn {

// Some neighbouring columns of a product.
struct Columns {
  std::size_t from = 0, count = 0;
};
inline Columns all_columns(ConstMatrix c) { return {0, c.cols}; }

// Single-precision products of row-major matrices by OpenBLAS, or some columns of them. beta = 0 overwrites
// c, beta = 1 adds to it. The shapes must fit. The bits depend on the shapes, on which columns are made
// together, on the number of BLAS threads and on the BLAS core, and on nothing else.
//   nn: c (m x n) = a (m x k) b (k x n)     + beta c
//   nt: c (m x n) = a (m x k) b^T, b: n x k + beta c
//   tn: c (m x n) = a^T b, a: k x m, b: k x n + beta c
void gemm_nn(ConstMatrix a, ConstMatrix b, float beta, Matrix c, Columns columns);
void gemm_nt(ConstMatrix a, ConstMatrix b, float beta, Matrix c, Columns columns);
void gemm_tn(ConstMatrix a, ConstMatrix b, float beta, Matrix c, Columns columns);

inline void gemm_nn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) {
  gemm_nn(a, b, beta, c, all_columns(c));
}
inline void gemm_nt(ConstMatrix a, ConstMatrix b, float beta, Matrix c) {
  gemm_nt(a, b, beta, c, all_columns(c));
}
inline void gemm_tn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) {
  gemm_tn(a, b, beta, c, all_columns(c));
}

// Threads of all later products in this process. One, wherever bits must be reproduced.
void set_blas_threads(int threads);
int blas_threads();

std::string blas_core();     // the kernels in use, such as "SkylakeX"
std::string blas_version();  // such as "OpenBLAS 0.3.21"

// The number of BLAS threads for a while, and then the former one again.
class BlasThreadsScope {
 public:
  explicit BlasThreadsScope(int threads) : before_(blas_threads()) { set_blas_threads(threads); }
  ~BlasThreadsScope() { set_blas_threads(before_); }
  BlasThreadsScope(const BlasThreadsScope&) = delete;
  BlasThreadsScope& operator=(const BlasThreadsScope&) = delete;

 private:
  int before_;
};

}  // namespace mixnn
