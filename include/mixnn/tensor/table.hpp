#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/tensor/element_type.hpp"
#include "mixnn/tensor/shape.hpp"

namespace mixnn {

// Rows of numbers, all of one type and shape, one after the other: samples in their storage type,
// or their labels.
class Table {
 public:
  Table() = default;
  Table(ElementType type, Shape row_shape, std::vector<std::byte> bytes);
  template <class T>
  static Table of(Shape row_shape, const std::vector<T>& values) {
    const ConstBytes bytes = bytes_of(std::span(values));
    return {element_type_of<T>(), std::move(row_shape), {bytes.begin(), bytes.end()}};
  }

  ElementType type() const { return type_; }
  const Shape& row_shape() const { return row_shape_; }
  std::size_t row_bytes() const { return row_bytes_; }
  std::size_t rows() const { return bytes_.size() / row_bytes_; }

  ConstBytes bytes() const { return bytes_; }
  ConstBytes rows(std::size_t first, std::size_t count) const;
  // Copies the rows at `indices`, one by one, to `out` (indices.size() x row_bytes()).
  void gather(std::span<const std::uint32_t> indices, Bytes out) const;

  void limit(std::size_t rows);         // keeps the first ones, if there are more
  Table first(std::size_t rows) const;  // a copy of them

 private:
  ElementType type_ = ElementType::kUint8;
  Shape row_shape_;
  std::size_t row_bytes_ = 1;
  std::vector<std::byte> bytes_;
};

}  // namespace mixnn
