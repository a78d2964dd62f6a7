#pragma once
#include <string>

#include "mixnn/tensor/matrix.hpp"

namespace mixnn {

// Some neighbouring rows and columns of a product.
struct Block {
  std::size_t row = 0, rows = 0, col = 0, cols = 0;
};
inline Block whole(ConstMatrix c) { return {0, c.rows, 0, c.cols}; }

// Single-precision products of row-major matrices by OpenBLAS, or a block of them. beta = 0
// overwrites c, beta = 1 adds to it. The shapes must fit. The bits depend on the shapes, on which
// block is made together, on the number of BLAS threads and on the BLAS core, and on nothing else.
//   nn: c (m x n) = a (m x k) b (k x n)     + beta c
//   nt: c (m x n) = a (m x k) b^T, b: n x k + beta c
//   tn: c (m x n) = a^T b, a: k x m, b: k x n + beta c
void gemm_nn(ConstMatrix a, ConstMatrix b, float beta, Matrix c, Block block);
void gemm_nt(ConstMatrix a, ConstMatrix b, float beta, Matrix c, Block block);
void gemm_tn(ConstMatrix a, ConstMatrix b, float beta, Matrix c, Block block);

inline void gemm_nn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) {
  gemm_nn(a, b, beta, c, whole(c));
}
inline void gemm_nt(ConstMatrix a, ConstMatrix b, float beta, Matrix c) {
  gemm_nt(a, b, beta, c, whole(c));
}
inline void gemm_tn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) {
  gemm_tn(a, b, beta, c, whole(c));
}

// Rows of `cols` floats that begin `stride` floats apart: some columns of a matrix.
template <class T>
struct BasicStrided {
  T* data = nullptr;
  std::size_t rows = 0, cols = 0, stride = 0;
  operator BasicStrided<const T>() const { return {data, rows, cols, stride}; }
};
using Strided = BasicStrided<float>;
using ConstStrided = BasicStrided<const float>;

// The same products of those, whole.
void gemm_nn(ConstStrided a, ConstStrided b, float beta, Strided c);
void gemm_nt(ConstStrided a, ConstStrided b, float beta, Strided c);
void gemm_tn(ConstStrided a, ConstStrided b, float beta, Strided c);

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
