#include "mixnn/tensor/table.hpp"

#include <algorithm>

namespace mixnn {

Table::Table(ElementType type, Shape row_shape, HeldBytes bytes)
    : type_(type),
      row_shape_(std::move(row_shape)),
      row_bytes_(static_cast<std::size_t>(element_count(row_shape_)) * element_bytes(type)),
      held_(std::move(bytes)) {
  MIXNN_CHECK(row_bytes_ > 0 && held_.bytes.size() % row_bytes_ == 0, "a table has whole rows");
}

ConstBytes Table::rows(std::size_t first, std::size_t count) const {
  MIXNN_CHECK(first <= rows() && count <= rows() - first, "no such rows");
  return bytes().subspan(first * row_bytes_, count * row_bytes_);
}

void Table::gather(std::span<const std::uint32_t> indices, Bytes out) const {
  MIXNN_CHECK(out.size() == indices.size() * row_bytes_, "size of gathered rows");
  const std::size_t count = rows();
  const std::byte* const from = held_.bytes.data();
  std::byte* to = out.data();
  for (const std::uint32_t index : indices) {
    MIXNN_CHECK(index < count, "no such row");
    std::memcpy(to, from + index * row_bytes_, row_bytes_);
    to += row_bytes_;
  }
}

void Table::limit(std::size_t most) { *this = first(most); }

Table Table::first(std::size_t most) const {
  return {type_, row_shape_, held_.part(0, std::min(most, rows()) * row_bytes_)};
}

Table Table::taken(std::span<const std::uint32_t> indices) const {
  std::vector<std::byte> bytes(indices.size() * row_bytes_);
  gather(indices, bytes);
  return {type_, row_shape_, std::move(bytes)};
}

Table Table::shaped(Shape row_shape) const {
  MIXNN_CHECK(element_count(row_shape) == element_count(row_shape_), "as many numbers in a row");
  return {type_, std::move(row_shape), held_};
}

}  // namespace mixnn
