#include "mixnn/tensor/products.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tensor/draw.hpp"

namespace mixnn {
namespace {

// Shapes of models/mlp.json and models/wide.json, of uneven ones, and of products too small to be cut.
struct ProductSize {
  std::size_t rows, columns, inner;
};
const std::vector<ProductSize> kSizes{{64, 128, 784}, {128, 784, 64}, {128, 128, 784}, {128, 1024, 300},
                                      {43, 701, 97},  {64, 10, 64},   {1, 1, 1},       {300, 17, 300}};

struct Three {
  std::vector<float> nn, nt, tn;
  bool operator==(const Three&) const = default;
};
Three products(const Products& p, const ProductSize& size) {
  const auto [m, n, k] = size;
  const std::vector<float> a = testing_tensor::draw(m * k, 1), b = testing_tensor::draw(k * n, 2),
                           c = testing_tensor::draw(m * n, 3);
  const auto matrix = [](const std::vector<float>& v, std::size_t rows, std::size_t cols) {
    return as_matrix(std::span(v), rows, cols);
  };
  Three out{c, c, c};
  p.nn(matrix(a, m, k), matrix(b, k, n), 1.0f, as_matrix(std::span(out.nn), m, n));
  p.nt(matrix(a, m, k), matrix(b, n, k), 0.0f, as_matrix(std::span(out.nt), m, n));
  p.tn(matrix(a, k, m), matrix(b, k, n), 1.0f, as_matrix(std::span(out.tn), m, n));
  return out;
}

TEST(Products, CutByShapeHaveTheSameBitsWithAnyCrew) {
  const BlasThreadsScope one(1);
  for (const ProductSize& size : kSizes) {
    const Three alone = products(Products(), size);
    for (const std::size_t helpers : {0u, 1u, 3u}) {
      Crew crew(own_cores(helpers));
      for (int round = 0; round < 20; ++round)
        ASSERT_EQ(products(Products(crew, Cutting::kByShape), size), alone)
            << size.rows << " x " << size.columns << " x " << size.inner << ", " << helpers << " helpers";
    }
  }
}

TEST(Products, AreNearlyTheSameHoweverTheyAreCut) {
  const BlasThreadsScope one(1);
  Crew crew(own_cores(2));
  for (const ProductSize& size : kSizes) {
    const Three whole = products(Products(crew, Cutting::kWhole), size);
    for (const Cutting cutting : {Cutting::kByShape, Cutting::kByCrew}) {
      const Three cut = products(Products(crew, cutting), size);
      for (std::size_t i = 0; i < whole.nn.size(); ++i) {
        ASSERT_NEAR(cut.nn[i], whole.nn[i], 1e-3);
        ASSERT_NEAR(cut.nt[i], whole.nt[i], 1e-3);
        ASSERT_NEAR(cut.tn[i], whole.tn[i], 1e-3);
      }
    }
  }
}

TEST(Products, PassesOverMemoryMeetEachValueOnce) {
  Crew crew(own_cores(1));
  for (const std::size_t n : {0u, 1u, 32768u, 32769u, 100000u}) {
    std::vector<int> met(n);
    Products(crew, Cutting::kByShape).each(n, [&](std::size_t from, std::size_t count) {
      for (std::size_t i = from; i < from + count; ++i) ++met[i];
    });
    EXPECT_EQ(met, std::vector<int>(n, 1));
  }
}

std::size_t parts(std::size_t columns, std::size_t width) { return (columns + width - 1) / width; }

TEST(ColumnsByShape, CutLargeProductsAlongWholeVectors) {
  for (const ProductSize& size : kSizes) {
    const std::size_t width = columns_by_shape(size.rows, size.columns, size.inner);
    EXPECT_TRUE(width == size.columns || width % 16 == 0) << width;
    EXPECT_GE(width, 1u);
    EXPECT_LE(width, size.columns);
  }
  EXPECT_EQ(parts(128, columns_by_shape(64, 128, 784)), 8u) << "none of which OpenBLAS packs";
  EXPECT_EQ(parts(784, columns_by_shape(128, 784, 64)), 7u) << "none of which OpenBLAS packs";
  EXPECT_EQ(parts(128, columns_by_shape(128, 128, 784)), 2u);
  EXPECT_EQ(parts(1024, columns_by_shape(128, 1024, 1024)), 4u);
  EXPECT_EQ(parts(64, columns_by_shape(64, 64, 128)), 1u) << "too small";
}

TEST(ColumnsByCrew, GiveEachThreadAPart) {
  EXPECT_EQ(parts(1024, columns_by_crew(512, 1024, 1024, 2)), 2u);
  EXPECT_EQ(parts(1024, columns_by_crew(512, 1024, 1024, 8)), 8u);
  EXPECT_EQ(columns_by_crew(512, 1024, 1024, 1), 1024u);
  EXPECT_EQ(parts(128, columns_by_crew(64, 128, 784, 2)) % 2, 0u);
  EXPECT_EQ(columns_by_crew(64, 10, 64, 4), 10u) << "no part is narrower than a vector";
}

}  // namespace
}  // namespace mixnn
