#include "mixnn/tensor/products.hpp"

#include <algorithm>
#include <optional>

namespace mixnn {
namespace {

// OpenBLAS multiplies small matrices without packing them first, up to so many products. How well
// it does that depends on the form and on where cache lines end; all numbers here are measured
// (bench/README.md, "Parts of a product").
constexpr std::size_t kSmall = 1'000'000;
// Floats of a factor, pieces of which all parts read: it must stay in the cache all the while.
constexpr std::size_t kCached = 256 * 1024;
// Of packed products, parts as large as this lose 1 to 3 %, smaller ones more.
constexpr std::size_t kPacked = 6'000'000, kMostParts = 4;
constexpr std::size_t kVector = 16;             // floats of a register, and of a cache line
constexpr std::size_t kPassFloats = 32 * 1024;  // of a part, at most
// Products over so many tokens that have twice as many rows as columns at least: cut into rows, for
// what each part packs again is the short factor then.
constexpr std::size_t kTall = 1024;

std::size_t divide_up(std::size_t n, std::size_t by) { return (n + by - 1) / by; }
std::size_t round_up(std::size_t n, std::size_t unit) { return divide_up(n, unit) * unit; }

// Of so many columns, or rows, those of one of so many parts, alike but for the last.
std::size_t width_of(std::size_t columns, std::size_t parts) {
  return std::min(columns, round_up(divide_up(columns, parts), kVector));
}

// At most `rows` x `columns`, and less where OpenBLAS would pack it.
Extent small_part(const ProductShape& shape, std::size_t rows, std::size_t columns) {
  rows = std::min(rows, shape.rows);
  columns = std::min(columns, kSmall / (rows * shape.inner) / kVector * kVector);
  return {rows, width_of(shape.columns, divide_up(shape.columns, columns))};
}

bool is_tall(const ProductShape& shape) {
  const std::size_t tokens = shape.form == Form::kTn ? shape.inner : shape.rows;
  return shape.of_tokens && tokens >= kTall && shape.rows >= 2 * shape.columns;
}

// The same for a tall product, whose short factor must stay in the cache.
std::optional<Extent> small_part_of_tall(const ProductShape& shape) {
  if (shape.columns * shape.inner > kCached) return {};
  switch (shape.form) {
    case Form::kNt:
      if (shape.inner < 256 || shape.inner > 976 || shape.inner % kVector != 0) return {};
      return small_part(shape, 64, kVector);
    case Form::kNn:
      if (shape.inner > 128) return {};
      return small_part(shape, 16, 480);
    case Form::kTn:
      return {};
  }
  return {};
}

// The parts of a large product that OpenBLAS multiplies faster without packing them; nothing where
// there are none such.
std::optional<Extent> small_part(const ProductShape& shape) {
  if (is_tall(shape)) return small_part_of_tall(shape);
  if (std::max(shape.rows, shape.columns) * shape.inner > kCached) return {};
  switch (shape.form) {
    case Form::kNt:  // sums along both factors' rows: long ones, of whole cache lines
      if (shape.inner < 384 || shape.inner > 976 || shape.inner % kVector != 0) return {};
      return small_part(shape, 64, kVector);
    case Form::kNn:
    case Form::kTn:
      if (shape.inner > 128) return {};
      return small_part(shape, 32, 480);
  }
  return {};
}

// One of so many parts.
Extent packed_part(const ProductShape& shape, std::size_t parts) {
  if (is_tall(shape)) return {width_of(shape.rows, parts), shape.columns};
  return {shape.rows, width_of(shape.columns, parts)};
}

void multiply(Form form, ConstMatrix a, ConstMatrix b, float beta, Matrix c, Block block) {
  switch (form) {
    case Form::kNn:
      return gemm_nn(a, b, beta, c, block);
    case Form::kNt:
      return gemm_nt(a, b, beta, c, block);
    case Form::kTn:
      return gemm_tn(a, b, beta, c, block);
  }
}

}  // namespace

Extent part_by_shape(const ProductShape& shape) {
  const std::size_t products = shape.rows * shape.columns * shape.inner;
  if (products <= kSmall) return {shape.rows, shape.columns};
  if (const std::optional<Extent> small = small_part(shape)) return *small;
  return packed_part(shape, std::clamp<std::size_t>(products / kPacked, 1, kMostParts));
}

Extent part_by_crew(const ProductShape& shape, std::size_t threads) {
  if (shape.rows * shape.columns * shape.inner > kSmall * threads)
    if (const std::optional<Extent> small = small_part(shape)) return *small;
  return packed_part(shape, threads);
}

void Products::run(std::size_t parts, FunctionRef<void(std::size_t)> part) const {
  if (crew_ != nullptr) return crew_->run(parts, part);
  for (std::size_t i = 0; i < parts; ++i) part(i);
}

Extent Products::part(const ProductShape& shape) const {
  switch (cutting_) {
    case Cutting::kByShape:
      return part_by_shape(shape);
    case Cutting::kByCrew:
      return part_by_crew(shape, crew_->size());
    case Cutting::kWhole:
      break;
  }
  return {shape.rows, shape.columns};
}

void Products::share(Form form, ConstMatrix a, ConstMatrix b, float beta, Matrix c) const {
  if (c.empty()) return;
  const std::size_t inner = form == Form::kTn ? a.rows : a.cols;
  const ProductShape shape{form, c.rows, c.cols, inner, of_tokens_};
  const Extent part = this->part(shape);
  const std::size_t down = divide_up(c.rows, part.rows), across = divide_up(c.cols, part.columns);
  // By rows of a layer's weights, as everything that is done with them (crew.hpp): they are b in x
  // w^T, and their gradient is c in dy^T x.
  // Tall ones row after row, so that they are read once.
  const bool by_columns = form == Form::kNt && !is_tall(shape);
  run(down * across, [&](std::size_t i) {
    const std::size_t row = (by_columns ? i % down : i / across) * part.rows;
    const std::size_t col = (by_columns ? i / down : i % across) * part.columns;
    multiply(form, a, b, beta, c,
             {row, std::min(part.rows, c.rows - row), col, std::min(part.columns, c.cols - col)});
  });
}

void Products::nn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const {
  share(Form::kNn, a, b, beta, c);
}
void Products::nt(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const {
  share(Form::kNt, a, b, beta, c);
}
void Products::tn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const {
  share(Form::kTn, a, b, beta, c);
}

void Products::run_each(std::size_t n, std::size_t of_part,
                        FunctionRef<void(std::size_t, std::size_t)> part) const {
  run(divide_up(n, of_part), [&](std::size_t i) {
    const std::size_t from = i * of_part;
    part(from, std::min(of_part, n - from));
  });
}

void Products::each(std::size_t n, FunctionRef<void(std::size_t, std::size_t)> part) const {
  if (n > 0) run_each(n, width_of(n, divide_up(n, kPassFloats)), part);
}

void Products::each_row(std::size_t rows, std::size_t columns,
                        FunctionRef<void(std::size_t, std::size_t)> part) const {
  const std::size_t most =
      std::max<std::size_t>(1, kPassFloats / std::max<std::size_t>(1, columns));
  if (rows > 0) run_each(rows, divide_up(rows, divide_up(rows, most)), part);
}

}  // namespace mixnn
