#pragma once
#include <cstddef>

#include "mixnn/base/crew.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

// Into what parts a product is cut.
enum class Cutting {
  kByShape,  // by the shapes alone: the same bits with any crew, or none
  kByCrew,   // one part or more for each thread of the crew: the fastest with it; its size shows in the bits
  kWhole,    // not at all: for OpenBLAS's own threads
};

// How many columns of c each part has: c is rows x columns, and each value the sum of `inner` products.
std::size_t columns_by_shape(std::size_t rows, std::size_t columns, std::size_t inner);
std::size_t columns_by_crew(std::size_t rows, std::size_t columns, std::size_t inner, std::size_t threads);

// Matrix products (gemm.hpp) whose columns a crew shares. A value that is passed around; the crew must
// outlive it.
class Products {
 public:
  Products() = default;  // on the caller's thread, cut by shape
  Products(Crew& crew, Cutting cutting) : crew_(&crew), cutting_(cutting) {}

  void nn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const;
  void nt(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const;
  void tn(ConstMatrix a, ConstMatrix b, float beta, Matrix c) const;

  // part(from, count) over 0..n: parts of a pass over memory whose values do not depend on each other.
  void each(std::size_t n, FunctionRef<void(std::size_t, std::size_t)> part) const;

 private:
  using Gemm = void (*)(ConstMatrix, ConstMatrix, float, Matrix, Columns);
  void share(Gemm gemm, std::size_t inner, ConstMatrix a, ConstMatrix b, float beta, Matrix c) const;
  std::size_t width(std::size_t inner, Matrix c) const;
  void run(std::size_t parts, FunctionRef<void(std::size_t)> part) const;

  Crew* crew_ = nullptr;
  Cutting cutting_ = Cutting::kByShape;
};

}  // namespace mixnn
