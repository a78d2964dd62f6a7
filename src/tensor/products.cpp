#include "mixnn/tensor/products.hpp"

#include <algorithm>

namespace mixnn {
namespace {

// OpenBLAS multiplies small matrices without packing them first, up to so many products: 15 % faster (64
// rows, 784 inner; bench/README.md, "Parts of a product").
constexpr std::size_t kSmall = 1'000'000;
// Of packed products, parts as large as this lose 1 to 3 %, smaller ones more.
constexpr std::size_t kPacked = 6'000'000, kMostParts = 4;
constexpr std::size_t kVector = 16;  // floats of a register: parts end between them
constexpr std::size_t kPassFloats = 32 * 1024;

std::size_t divide_up(std::size_t n, std::size_t by) { return (n + by - 1) / by; }
std::size_t round_up(std::size_t n, std::size_t unit) { return divide_up(n, unit) * unit; }

// Columns of one of so many parts, alike but for the last.
std::size_t width_of(std::size_t columns, std::size_t parts) {
  return std::min(columns, round_up(divide_up(columns, parts), kVector));
}

// The most columns of which OpenBLAS need not pack anything; 0 where there is no such part.
std::size_t small_columns(std::size_t rows, std::size_t inner) {
  return kSmall / std::max<std::size_t>(1, rows * inner) / kVector * kVector;
}

}  // namespace

std::size_t columns_by_shape(std::size_t rows, std::size_t columns, std::size_t inner) {
  const std::size_t products = rows * columns * inner;
  if (products <= kSmall) return columns;
  if (const std::size_t small = small_columns(rows, inner); small > 0)
    return width_of(columns, divide_up(columns, small));
  return width_of(columns, std::clamp<std::size_t>(products / kPacked, 1, kMostParts));
}

std::size_t columns_by_crew(std::size_t rows, std::size_t columns, std::size_t inner, std::size_t threads) {
  const std::size_t small = small_columns(rows, inner);
  if (small == 0 || rows * columns * inner <= kSmall * threads) return width_of(columns, threads);
  return width_of(columns, round_up(divide_up(columns, small), threads));
}

void Products::run(std::size_t parts, FunctionRef<void(std::size_t)> part) const {
  if (crew_ != nullptr) return crew_->run(parts, part);
  for (std::size_t i = 0; i < parts; ++i) part(i);
}

std::size_t Products::width(std::size_t inner, Matrix c) const {
  switch (cutting_) {
    case Cutting::kByShape:
      return columns_by_shape(c.rows, c.cols, inner);
    case Cutting::kByCrew:
      return columns_by_crew(c.rows, c.cols, inner, crew_->size());
    case Cutting::kWhole:
      break;
  }
  return c.cols;
}

void Products::share(Gemm gemm, std::size_t inner, ConstMatrix a, ConstMatrix b, float beta, Matrix c) const {
  if (c.empty()) return;
  const std::size_t width = this->width(inner, c);
  run((c.cols + width - 1) / width, [&](std::size_t i) {
    const std::size_t from = i * width;
    gemm(a, b, beta, c, {from, std::min(width, c.cols - from)});
  });
}

void Products::nn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const {
  share(gemm_nn, a.cols, a, b, beta, c);
}
void Products::nt(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const {
  share(gemm_nt, a.cols, a, b, beta, c);
}
void Products::tn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const {
  share(gemm_tn, a.rows, a, b, beta, c);
}

void Products::each(std::size_t n, FunctionRef<void(std::size_t, std::size_t)> part) const {
  run((n + kPassFloats - 1) / kPassFloats, [&](std::size_t i) {
    const std::size_t from = i * kPassFloats;
    part(from, std::min(kPassFloats, n - from));
  });
}

}  // namespace mixnn
