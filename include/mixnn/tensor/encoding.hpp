#pragma once
#include <cstddef>
#include <span>

#include "mixnn/base/bytes.hpp"
#include "mixnn/tensor/element_type.hpp"
#include "mixnn/tensor/products.hpp"
#include "mixnn/tensor/shape.hpp"

namespace mixnn {

// How the floats of a tensor lie in a message: samples of one shape, which are its rows.
//
//   kFloat32   as they are
//   kBfloat16  their upper halves, rounded to nearest, ties to even
//   kInt8      whole numbers from -127 to 127, each times its row's scale, a float: first the
//   scales
//              of all rows, then the numbers of all rows
//
// A row's scale is its largest magnitude / 127, and a number is value / scale, rounded to nearest,
// ties to even. Where that magnitude is below 127 times the smallest normal float, all of the row
// are 0, and so is the scale. A row that holds what is not finite has numbers of 0 and the scale
// NaN: all of it comes out as NaN, for the loss to show it.
//
// The bits are the same on all machines, and in however many parts `products` makes them.
class Encoding {
 public:
  Encoding(ElementType type, const Shape& sample);

  bool in_place() const { return type_ == ElementType::kFloat32; }  // where the floats lie
  std::size_t bytes(std::size_t rows) const;

  // Not of raw integers. Sizes must fit. `bytes` is aligned for floats.
  void encode(std::span<const float> values, Bytes bytes, const Products& products = {}) const;
  void decode(ConstBytes bytes, std::span<float> values, const Products& products = {}) const;

  // The floats in `bytes`, and the bytes of `values`: where they lie, if they are in place, else
  // decoded or encoded into the first of `scratch`, which must be large enough.
  std::span<float> decoded(Bytes bytes, std::span<float> scratch) const;
  std::span<const float> decoded(ConstBytes bytes, std::span<float> scratch) const;
  Bytes encoded(std::span<float> values, Bytes scratch, const Products& products = {}) const;

 private:
  std::size_t scales(std::size_t rows) const;  // in front
  std::size_t rows_in(std::size_t bytes) const;
  void encode_rows(ConstMatrix values, Bytes bytes, std::size_t rows, std::size_t from) const;
  void decode_rows(ConstBytes bytes, Matrix values, std::size_t rows, std::size_t from) const;

  ElementType type_;
  std::size_t columns_;
};

}  // namespace mixnn
