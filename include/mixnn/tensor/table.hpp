#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/base/held_bytes.hpp"
#include "mixnn/tensor/element_type.hpp"
#include "mixnn/tensor/shape.hpp"

namespace mixnn {

// Rows of numbers, all of one type and shape, one after the other: samples in their storage type,
// or their labels. They do not change; copies share them.
class Table {
 public:
  Table() = default;
  Table(ElementType type, Shape row_shape, HeldBytes bytes);  // whole rows, aligned for the type
  Table(ElementType type, Shape row_shape, std::vector<std::byte> bytes)
      : Table(type, std::move(row_shape), HeldBytes::of(std::move(bytes))) {}
  template <class T>
  static Table of(Shape row_shape, const std::vector<T>& values) {
    const ConstBytes bytes = bytes_of(std::span(values));
    return {element_type_of<T>(), std::move(row_shape), {bytes.begin(), bytes.end()}};
  }

  ElementType type() const { return type_; }
  const Shape& row_shape() const { return row_shape_; }
  std::size_t row_bytes() const { return row_bytes_; }
  std::size_t rows() const { return held_.bytes.size() / row_bytes_; }

  ConstBytes bytes() const { return held_.bytes; }
  ConstBytes rows(std::size_t first, std::size_t count) const;
  // Copies the rows at `indices`, one by one, to `out` (indices.size() x row_bytes()).
  void gather(std::span<const std::uint32_t> indices, Bytes out) const;

  void limit(std::size_t rows);         // keeps the first ones, if there are more
  Table first(std::size_t rows) const;  // these
  Table taken(std::span<const std::uint32_t> indices) const;  // a copy of those rows
  Table shaped(Shape row_shape) const;  // the same rows in another shape of as many numbers

 private:
  ElementType type_ = ElementType::kUint8;
  Shape row_shape_;
  std::size_t row_bytes_ = 1;
  HeldBytes held_;
};

}  // namespace mixnn
