#pragma once
#include <cstddef>

#include "mixnn/base/crew.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

// Into what parts a product is cut.
enum class Cutting {
  kByShape,  // by the shapes alone: the same bits with any crew, or none
  kByCrew,   // one part or more for each thread of the crew: the fastest with it; its size shows in
             // the bits
  kWhole,    // not at all: for OpenBLAS's own threads
};

// Which of a product's factors is transposed (gemm.hpp).
enum class Form { kNn, kNt, kTn };

// Of a product c of this form: rows x columns, each value the sum of `inner` products.
struct ProductShape {
  Form form;
  std::size_t rows, columns, inner;
  bool of_tokens = false;
};
struct Extent {
  std::size_t rows, columns;
  bool operator==(const Extent&) const = default;
};
// How many rows and columns of c each part has, but for the last of a row or column of parts.
Extent part_by_shape(const ProductShape& shape);
Extent part_by_crew(const ProductShape& shape, std::size_t threads);

// Matrix products (gemm.hpp) whose parts a crew shares. A value that is passed around; the crew
// must outlive it.
class Products {
 public:
  Products() = default;  // on the caller's thread, cut by shape
  Products(Crew& crew, Cutting cutting) : crew_(&crew), cutting_(cutting) {}

  // The same for rows that are tokens, of which a sample has many: products of many rows and few
  // columns are cut into rows. Others keep the cut, and so the bits, that they had.
  Products of_tokens() const {
    Products products = *this;
    products.of_tokens_ = true;
    return products;
  }

  void nn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const;
  void nt(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const;
  void tn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const;

  // part(from, count) over 0..n: parts of a pass over memory whose values do not depend on each
  // other.
  void each(std::size_t n, FunctionRef<void(std::size_t, std::size_t)> part) const;
  // The same over rows 0..rows, of so many values each, which stay whole.
  void each_row(std::size_t rows, std::size_t columns,
                FunctionRef<void(std::size_t, std::size_t)> part) const;
  // part(i) for i below n: parts as the caller has cut them.
  void parts(std::size_t n, FunctionRef<void(std::size_t)> part) const { run(n, part); }

 private:
  void share(Form form, ConstMatrix a, ConstMatrix b, float beta, Matrix c) const;
  Extent part(const ProductShape& shape) const;
  void run(std::size_t parts, FunctionRef<void(std::size_t)> part) const;
  void run_each(std::size_t n, std::size_t of_part,
                FunctionRef<void(std::size_t, std::size_t)> part) const;

  Crew* crew_ = nullptr;
  Cutting cutting_ = Cutting::kByShape;
  bool of_tokens_ = false;
};

}  // namespace mixnn
