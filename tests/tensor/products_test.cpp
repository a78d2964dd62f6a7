#include "mixnn/tensor/products.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "tensor/draw.hpp"

namespace mixnn {
namespace {

// Shapes of models/mlp.json and models/wide.json, of uneven ones, and of products too small to be
// cut.
struct ProductSize {
  std::size_t rows, columns, inner;
};
const std::vector<ProductSize> kSizes{
    {64, 128, 784},  {128, 784, 64}, {128, 128, 784},  {128, 1024, 300}, {43, 701, 97},
    {64, 10, 64},    {1, 1, 1},      {300, 17, 300},   {70, 130, 784},   {1, 1024, 784},
    {128, 784, 128}, {2100, 48, 64}, {1500, 130, 400}, {400, 130, 1500}};

// Factors for any form, and what c holds before.
struct Operands {
  explicit Operands(const ProductSize& of)
      : size(of),
        a(testing_tensor::draw(of.rows * of.inner, 1)),
        b(testing_tensor::draw(of.inner * of.columns, 2)),
        c(testing_tensor::draw(of.rows * of.columns, 3)) {}
  ProductSize size;
  std::vector<float> a, b, c;
};

struct Three {
  std::vector<float> nn, nt, tn;
  bool operator==(const Three&) const = default;
};
Three products(const Products& p, const Operands& of) {
  const auto [m, n, k] = of.size;
  const auto matrix = [](const std::vector<float>& v, std::size_t rows, std::size_t cols) {
    return as_matrix(std::span(v), rows, cols);
  };
  Three out{of.c, of.c, of.c};
  p.nn(matrix(of.a, m, k), matrix(of.b, k, n), 1.0f, as_matrix(std::span(out.nn), m, n));
  p.nt(matrix(of.a, m, k), matrix(of.b, n, k), 0.0f, as_matrix(std::span(out.nt), m, n));
  p.tn(matrix(of.a, k, m), matrix(of.b, k, n), 1.0f, as_matrix(std::span(out.tn), m, n));
  return out;
}

std::vector<std::pair<ProductSize, bool>> each_size() {
  std::vector<std::pair<ProductSize, bool>> all;
  for (const ProductSize& size : kSizes)
    for (const bool of_tokens : {false, true}) all.emplace_back(size, of_tokens);
  return all;
}

TEST(Products, CutByShapeHaveTheSameBitsWithAnyCrew) {
  const BlasThreadsScope one(1);
  for (const auto& [size, tokens] : each_size()) {
    const auto of = [t = tokens](Products p) { return t ? p.of_tokens() : p; };
    const Operands operands(size);
    const Three alone = products(of(Products()), operands);
    for (const std::size_t helpers : {0u, 1u, 3u}) {
      Crew crew(own_cores(helpers));
      for (int round = 0; round < 20; ++round)
        ASSERT_EQ(products(of(Products(crew, Cutting::kByShape)), operands), alone)
            << size.rows << " x " << size.columns << " x " << size.inner << ", " << helpers
            << " helpers";
    }
  }
}

TEST(Products, AreNearlyTheSameHoweverTheyAreCut) {
  const BlasThreadsScope one(1);
  Crew crew(own_cores(2));
  for (const auto& [size, tokens] : each_size()) {
    const Operands operands(size);
    const Three whole = products(Products(crew, Cutting::kWhole), operands);
    for (const Cutting cutting : {Cutting::kByShape, Cutting::kByCrew}) {
      const Products some(crew, cutting);
      const Three cut = products(tokens ? some.of_tokens() : some, operands);
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

TEST(Products, PassesOverRowsLeaveThemWholeAndShareThem) {
  Crew crew(own_cores(1));
  for (const std::size_t rows : {0u, 1u, 5u, 4000u})
    for (const std::size_t columns : {1u, 100u, 32768u, 100000u}) {
      std::vector<int> met(rows);
      std::atomic<std::size_t> parts = 0, most = 0;
      Products(crew, Cutting::kByShape)
          .each_row(rows, columns, [&](std::size_t from, std::size_t count) {
            for (std::size_t i = from; i < from + count; ++i) ++met[i];
            ++parts;
            if (count > most) most = count;
          });
      EXPECT_EQ(met, std::vector<int>(rows, 1));
      EXPECT_TRUE(most <= 1 || most * columns <= 32768) << rows << " x " << columns;
      EXPECT_GE(parts * 32768, rows * std::min<std::size_t>(columns, 32768));
    }
}

std::size_t parts(const ProductShape& shape, Extent part) {
  const auto divide_up = [](std::size_t n, std::size_t by) { return (n + by - 1) / by; };
  return divide_up(shape.rows, part.rows) * divide_up(shape.columns, part.columns);
}

// Up to so many products OpenBLAS does not pack a matrix.
bool is_small(Extent part, std::size_t inner) {
  return part.rows * part.columns * inner <= 1'000'000;
}

TEST(PartByShape, CutsLargeProductsAlongWholeVectors) {
  for (const Form form : {Form::kNn, Form::kNt, Form::kTn})
    for (const ProductSize& size : kSizes) {
      const Extent part = part_by_shape({form, size.rows, size.columns, size.inner});
      EXPECT_TRUE(part.columns == size.columns || part.columns % 16 == 0) << part.columns;
      EXPECT_GE(part.rows, 1u);
      EXPECT_LE(part.rows, size.rows);
      EXPECT_GE(part.columns, 1u);
      EXPECT_LE(part.columns, size.columns);
    }
  const ProductShape wide{Form::kNt, 128, 1024, 1024};
  EXPECT_EQ(parts(wide, part_by_shape(wide)), 4u);
  const ProductShape tiny{Form::kNt, 64, 64, 128};
  EXPECT_EQ(parts(tiny, part_by_shape(tiny)), 1u);
}

TEST(PartByShape, PacksNothingWhereThatIsFaster) {
  EXPECT_EQ(part_by_shape({Form::kNt, 64, 128, 784}), (Extent{64, 16}));
  EXPECT_EQ(part_by_shape({Form::kNt, 128, 128, 784}), (Extent{64, 16}));
  EXPECT_EQ(part_by_shape({Form::kTn, 128, 784, 64}), (Extent{32, 400}));
  EXPECT_EQ(part_by_shape({Form::kTn, 128, 784, 128}), (Extent{32, 208}));
  EXPECT_EQ(part_by_shape({Form::kNn, 128, 784, 128}), (Extent{32, 208}));
  for (const ProductShape& shape : {ProductShape{Form::kNt, 200, 200, 976},
                                    {Form::kNt, 64, 600, 384},
                                    {Form::kTn, 700, 900, 128},
                                    {Form::kNn, 5000, 2000, 2}})
    EXPECT_TRUE(is_small(part_by_shape(shape), shape.inner)) << shape.rows << " " << shape.inner;
}

TEST(PartByShape, PacksWhereSmallPartsAreSlower) {
  EXPECT_EQ(part_by_shape({Form::kNt, 128, 128, 200}).rows, 128u) << "short sums";
  EXPECT_EQ(part_by_shape({Form::kNt, 128, 128, 900}).rows, 128u) << "cache lines are cut";
  EXPECT_EQ(part_by_shape({Form::kTn, 128, 784, 512}).rows, 128u) << "long sums";
  EXPECT_EQ(part_by_shape({Form::kNt, 512, 128, 784}).rows, 512u) << "more than the cache holds";
  EXPECT_EQ(part_by_shape({Form::kNt, 128, 1024, 784}).rows, 128u) << "more than the cache holds";
}

TEST(PartByShape, CutsTallProductsOfTokensIntoRows) {
  const ProductShape forward{Form::kNt, 2048, 384, 128, true};
  const ProductShape gradient{Form::kTn, 512, 128, 2048, true};
  EXPECT_EQ(part_by_shape(forward), (Extent{512, 384}));
  EXPECT_EQ(part_by_shape(gradient), (Extent{128, 128}));
  EXPECT_EQ(part_by_crew(gradient, 2), (Extent{256, 128}));
  EXPECT_EQ(part_by_shape({Form::kNt, 2048, 128, 512, true}), (Extent{64, 16}));
  EXPECT_EQ(part_by_shape({Form::kNn, 2048, 128, 128, true}), (Extent{16, 128}));
}

TEST(PartByShape, CutsBatchesOfSamplesAsEver) {
  for (const bool of_tokens : {false, true})
    EXPECT_EQ(part_by_shape({Form::kNt, 512, 128, 784, of_tokens}), (Extent{512, 32}));
  EXPECT_EQ(part_by_shape({Form::kNt, 2048, 384, 128}), (Extent{2048, 96}));
  EXPECT_EQ(part_by_shape({Form::kTn, 512, 128, 2048}), (Extent{512, 32}));
}

TEST(PartByCrew, GivesEachThreadAPart) {
  const ProductShape large{Form::kNt, 512, 1024, 1024};
  EXPECT_EQ(parts(large, part_by_crew(large, 2)), 2u);
  EXPECT_EQ(parts(large, part_by_crew(large, 8)), 8u);
  EXPECT_EQ(part_by_crew(large, 1), (Extent{512, 1024}));
  const ProductShape first{Form::kNt, 128, 128, 784};
  EXPECT_EQ(parts(first, part_by_crew(first, 2)), 16u) << "none of which OpenBLAS packs";
  EXPECT_EQ(part_by_crew({Form::kNt, 64, 10, 64}, 4), (Extent{64, 10}))
      << "no part is narrower than a vector";
}

}  // namespace
}  // namespace mixnn
