#include "mixnn/tensor/gemm.hpp"

#include <cblas.h>

#include <limits>
#include <sstream>

namespace mixnn {
namespace {

blasint extent(std::size_t n) {
  MIXNN_CHECK(n <= static_cast<std::size_t>(std::numeric_limits<blasint>::max()),
              "too large for BLAS");
  return static_cast<blasint>(n);
}

void product(CBLAS_TRANSPOSE op_a, CBLAS_TRANSPOSE op_b, std::size_t inner, ConstMatrix a,
             ConstMatrix b, float beta, Matrix c, Block block) {
  MIXNN_CHECK(block.row <= c.rows && block.rows <= c.rows - block.row, "rows of a product");
  MIXNN_CHECK(block.col <= c.cols && block.cols <= c.cols - block.col, "columns of a product");
  if (block.rows == 0 || block.cols == 0) return;
  const float* const a_rows = a.data + block.row * (op_a == CblasTrans ? 1 : a.cols);
  const float* const b_columns = b.data + block.col * (op_b == CblasTrans ? b.cols : 1);
  cblas_sgemm(CblasRowMajor, op_a, op_b, extent(block.rows), extent(block.cols), extent(inner),
              1.0f, a_rows, extent(a.cols), b_columns, extent(b.cols), beta,
              c.data + block.row * c.cols + block.col, extent(c.cols));
}

}  // namespace

void gemm_nn(ConstMatrix a, ConstMatrix b, float beta, Matrix c, Block block) {
  MIXNN_CHECK(a.rows == c.rows && b.cols == c.cols && a.cols == b.rows, "shapes of c = a b");
  product(CblasNoTrans, CblasNoTrans, a.cols, a, b, beta, c, block);
}

void gemm_nt(ConstMatrix a, ConstMatrix b, float beta, Matrix c, Block block) {
  MIXNN_CHECK(a.rows == c.rows && b.rows == c.cols && a.cols == b.cols, "shapes of c = a b^T");
  product(CblasNoTrans, CblasTrans, a.cols, a, b, beta, c, block);
}

void gemm_tn(ConstMatrix a, ConstMatrix b, float beta, Matrix c, Block block) {
  MIXNN_CHECK(a.cols == c.rows && b.cols == c.cols && a.rows == b.rows, "shapes of c = a^T b");
  product(CblasTrans, CblasNoTrans, a.rows, a, b, beta, c, block);
}

namespace {

void strided_product(CBLAS_TRANSPOSE op_a, CBLAS_TRANSPOSE op_b, std::size_t inner, ConstStrided a,
                     ConstStrided b, float beta, Strided c) {
  if (c.rows == 0 || c.cols == 0) return;
  cblas_sgemm(CblasRowMajor, op_a, op_b, extent(c.rows), extent(c.cols), extent(inner), 1.0f,
              a.data, extent(a.stride), b.data, extent(b.stride), beta, c.data, extent(c.stride));
}

}  // namespace

void gemm_nn(ConstStrided a, ConstStrided b, float beta, Strided c) {
  MIXNN_CHECK(a.rows == c.rows && b.cols == c.cols && a.cols == b.rows, "shapes of c = a b");
  strided_product(CblasNoTrans, CblasNoTrans, a.cols, a, b, beta, c);
}

void gemm_nt(ConstStrided a, ConstStrided b, float beta, Strided c) {
  MIXNN_CHECK(a.rows == c.rows && b.rows == c.cols && a.cols == b.cols, "shapes of c = a b^T");
  strided_product(CblasNoTrans, CblasTrans, a.cols, a, b, beta, c);
}

void gemm_tn(ConstStrided a, ConstStrided b, float beta, Strided c) {
  MIXNN_CHECK(a.cols == c.rows && b.cols == c.cols && a.rows == b.rows, "shapes of c = a^T b");
  strided_product(CblasTrans, CblasNoTrans, a.rows, a, b, beta, c);
}

void set_blas_threads(int threads) {
  MIXNN_CHECK(threads >= 1, "at least one BLAS thread");
  openblas_set_num_threads(threads);
}

int blas_threads() { return openblas_get_num_threads(); }

std::string blas_core() { return openblas_get_corename(); }

std::string blas_version() {
  std::istringstream config(openblas_get_config());
  std::string name, version;
  config >> name >> version;
  return name + " " + version;
}

}  // namespace mixnn
