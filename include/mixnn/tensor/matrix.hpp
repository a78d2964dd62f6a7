#pragma once
#include <cstddef>
#include <span>

#include "mixnn/base/check.hpp"

namespace mixnn {

// A view of rows x cols floats in row-major order, without gaps. Owns nothing.
template <class T>
struct BasicMatrix {
  T* data = nullptr;
  std::size_t rows = 0, cols = 0;

  std::size_t size() const { return rows * cols; }
  bool empty() const { return size() == 0; }
  std::span<T> values() const { return {data, size()}; }
  operator BasicMatrix<const T>() const { return {data, rows, cols}; }
};
using Matrix = BasicMatrix<float>;
using ConstMatrix = BasicMatrix<const float>;

// The values as a matrix. Their number must be rows x cols.
template <class T>
BasicMatrix<T> as_matrix(std::span<T> values, std::size_t rows, std::size_t cols) {
  MIXNN_CHECK(values.size() == rows * cols, "a matrix has rows x cols values");
  return {values.data(), rows, cols};
}

template <class T>
BasicMatrix<T> rows_of(BasicMatrix<T> m, std::size_t first, std::size_t rows) {
  MIXNN_CHECK(first <= m.rows && rows <= m.rows - first, "rows of a matrix");
  return {m.data + first * m.cols, rows, m.cols};
}

}  // namespace mixnn
