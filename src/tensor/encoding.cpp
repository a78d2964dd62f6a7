#include "mixnn/tensor/encoding.hpp"

#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {
namespace {

template <class T>
std::span<T> numbers_in(Bytes bytes, std::size_t before, std::size_t count) {
  return {reinterpret_cast<T*>(bytes.data() + before), count};
}

template <class T>
std::span<const T> numbers_in(ConstBytes bytes, std::size_t before, std::size_t count) {
  return {reinterpret_cast<const T*>(bytes.data() + before), count};
}

}  // namespace

Encoding::Encoding(ElementType type, const Shape& sample)
    : type_(type), columns_(static_cast<std::size_t>(element_count(sample))) {
  MIXNN_CHECK(columns_ > 0, "a sample has values");
}

std::size_t Encoding::scales(std::size_t rows) const {
  return type_ == ElementType::kInt8 ? rows : 0;
}

std::size_t Encoding::bytes(std::size_t rows) const {
  return scales(rows) * sizeof(float) + rows * columns_ * element_bytes(type_);
}

std::size_t Encoding::rows_in(std::size_t bytes) const {
  const std::size_t rows = bytes / this->bytes(1);
  MIXNN_CHECK(bytes == this->bytes(rows), "a message has whole rows");
  return rows;
}

// All rows' bytes, and the values of those from `from` on.
void Encoding::encode_rows(ConstMatrix values, Bytes bytes, std::size_t rows,
                           std::size_t from) const {
  const std::size_t before = scales(rows) * sizeof(float) + from * columns_ * element_bytes(type_);
  switch (type_) {
    case ElementType::kFloat32:
      return copy_bytes(bytes_of(values.values()), bytes.subspan(before));
    case ElementType::kBfloat16:
      return round_to_bfloat16(values.values(),
                               numbers_in<std::uint16_t>(bytes, before, values.size()));
    case ElementType::kInt8:
      return round_to_int8(values, numbers_in<float>(bytes, from * sizeof(float), values.rows),
                           numbers_in<std::int8_t>(bytes, before, values.size()));
    case ElementType::kUint8:
    case ElementType::kUint16:
      break;
  }
  MIXNN_CHECK(false, "a type that floats are encoded in");
}

void Encoding::decode_rows(ConstBytes bytes, Matrix values, std::size_t rows,
                           std::size_t from) const {
  const std::size_t before = scales(rows) * sizeof(float) + from * columns_ * element_bytes(type_);
  switch (type_) {
    case ElementType::kFloat32:
      return copy_bytes(bytes.subspan(before, values.size() * sizeof(float)),
                        std::as_writable_bytes(values.values()));
    case ElementType::kBfloat16:
      return widen_bfloat16(numbers_in<std::uint16_t>(bytes, before, values.size()),
                            values.values());
    case ElementType::kInt8:
      return widen_int8(numbers_in<std::int8_t>(bytes, before, values.size()),
                        numbers_in<float>(bytes, from * sizeof(float), values.rows), values);
    case ElementType::kUint8:
    case ElementType::kUint16:
      break;
  }
  MIXNN_CHECK(false, "a type that floats are encoded in");
}

void Encoding::encode(std::span<const float> values, Bytes bytes, const Products& products) const {
  const std::size_t rows = values.size() / columns_;
  MIXNN_CHECK(values.size() == rows * columns_ && bytes.size() == this->bytes(rows),
              "sizes of encode");
  const ConstMatrix all = as_matrix(values, rows, columns_);
  products.each_row(rows, columns_, [&](std::size_t from, std::size_t count) {
    encode_rows(rows_of(all, from, count), bytes, rows, from);
  });
}

void Encoding::decode(ConstBytes bytes, std::span<float> values, const Products& products) const {
  const std::size_t rows = values.size() / columns_;
  MIXNN_CHECK(values.size() == rows * columns_ && bytes.size() == this->bytes(rows),
              "sizes of decode");
  const Matrix all = as_matrix(values, rows, columns_);
  products.each_row(rows, columns_, [&](std::size_t from, std::size_t count) {
    decode_rows(bytes, rows_of(all, from, count), rows, from);
  });
}

std::span<float> Encoding::decoded(Bytes bytes, std::span<float> scratch) const {
  const std::size_t count = rows_in(bytes.size()) * columns_;
  if (in_place()) return {reinterpret_cast<float*>(bytes.data()), count};
  MIXNN_CHECK(count <= scratch.size(), "room for decoded floats");
  decode(bytes, scratch.first(count));
  return scratch.first(count);
}

std::span<const float> Encoding::decoded(ConstBytes bytes, std::span<float> scratch) const {
  return decoded(Bytes(const_cast<std::byte*>(bytes.data()), bytes.size()), scratch);
}

Bytes Encoding::encoded(std::span<float> values, Bytes scratch, const Products& products) const {
  if (in_place()) return std::as_writable_bytes(values);
  const std::size_t size = bytes(values.size() / columns_);
  MIXNN_CHECK(size <= scratch.size(), "room for encoded floats");
  encode(values, scratch.first(size), products);
  return scratch.first(size);
}

}  // namespace mixnn
