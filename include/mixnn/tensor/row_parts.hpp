#pragma once
#include <algorithm>
#include <cstddef>

#include "mixnn/tensor/products.hpp"

namespace mixnn {

// part(first row, rows) for all rows of so many columns: parts of a pass over memory whose rows do
// not depend on each other.
inline void each_rows(const Products& products, std::size_t rows, std::size_t columns,
                      FunctionRef<void(std::size_t, std::size_t)> part) {
  constexpr std::size_t kPartFloats = 16 * 1024;
  const std::size_t most = std::max<std::size_t>(1, kPartFloats / columns);
  products.parts((rows + most - 1) / most,
                 [&](std::size_t i) { part(i * most, std::min(most, rows - i * most)); });
}

}  // namespace mixnn
