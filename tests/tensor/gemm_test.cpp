#include "mixnn/tensor/gemm.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tensor/draw.hpp"

namespace mixnn {
namespace {

Matrix view(std::vector<float>& v, std::size_t rows, std::size_t cols) {
  return as_matrix(std::span(v), rows, cols);
}

std::vector<float> transposed(const std::vector<float>& v, std::size_t rows, std::size_t cols) {
  std::vector<float> t(v.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < cols; ++c) t[c * rows + r] = v[r * cols + c];
  return t;
}

// a (m x k) times b (k x n), plus beta c, in double.
void expect_product(const std::vector<float>& a, const std::vector<float>& b, float beta,
                    const std::vector<float>& c, const std::vector<float>& got, std::size_t m,
                    std::size_t n, std::size_t k) {
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double sum = beta * c[i * n + j];
      for (std::size_t l = 0; l < k; ++l) sum += static_cast<double>(a[i * k + l]) * b[l * n + j];
      EXPECT_NEAR(got[i * n + j], sum, 1e-5) << i << "," << j;
    }
}

struct GemmSize {
  std::size_t m, n, k;
};
class Gemm : public testing::TestWithParam<GemmSize> {};

TEST_P(Gemm, AllFormsMatchThePlainProduct) {
  const auto [m, n, k] = GetParam();
  std::vector<float> a = testing_tensor::draw(m * k, 1), b = testing_tensor::draw(k * n, 2);
  std::vector<float> at = transposed(a, m, k), bt = transposed(b, k, n);
  const std::vector<float> before = testing_tensor::draw(m * n, 3);
  for (const float beta : {0.0f, 1.0f}) {
    std::vector<float> nn = before, nt = before, tn = before;
    gemm_nn(view(a, m, k), view(b, k, n), beta, view(nn, m, n));
    gemm_nt(view(a, m, k), view(bt, n, k), beta, view(nt, m, n));
    gemm_tn(view(at, k, m), view(b, k, n), beta, view(tn, m, n));
    for (const auto* got : {&nn, &nt, &tn}) expect_product(a, b, beta, before, *got, m, n, k);
  }
}
INSTANTIATE_TEST_SUITE_P(Sizes, Gemm,
                         testing::Values(GemmSize{1, 1, 1}, GemmSize{2, 3, 4}, GemmSize{17, 5, 33},
                                         GemmSize{1, 10, 64}, GemmSize{33, 65, 40}));

TEST(Gemm, RefusesShapesThatDoNotFit) {
  std::vector<float> a(6), b(6), c(4);
  EXPECT_DEATH(gemm_nn(view(a, 2, 3), view(b, 2, 3), 0, view(c, 2, 2)), "shapes of c");
  EXPECT_DEATH(as_matrix(std::span(a), 2, 2), "rows x cols");
}

TEST(Blas, KnowsItsThreadsCoreAndVersion) {
  const int before = blas_threads();
  {
    const BlasThreadsScope scope(2);
    EXPECT_EQ(blas_threads(), 2);
  }
  EXPECT_EQ(blas_threads(), before);
  EXPECT_FALSE(blas_core().empty());
  EXPECT_EQ(blas_version().substr(0, 9), "OpenBLAS ");
}

}  // namespace
}  // namespace mixnn
