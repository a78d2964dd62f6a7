#include "mixnn/tensor/element_type.hpp"

#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {

std::size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
      return 1;
    case ElementType::kFloat32:
      return 4;
    case ElementType::kBfloat16:
    case ElementType::kUint16:
      return 2;
  }
  MIXNN_CHECK(false, "unknown element type");
}

std::string to_string(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
      return "uint8";
    case ElementType::kFloat32:
      return "float32";
    case ElementType::kBfloat16:
      return "bfloat16";
    case ElementType::kUint16:
      return "uint16";
  }
  MIXNN_CHECK(false, "unknown element type");
}

std::size_t integer_at(ElementType type, ConstBytes bytes, std::size_t index) {
  MIXNN_CHECK(is_integer(type), "integers are read from integers");
  const auto low = [&](std::size_t i) { return std::to_integer<std::size_t>(bytes[i]); };
  if (type == ElementType::kUint8) return low(index);
  return low(2 * index) | low(2 * index + 1) << 8;
}

bool is_integer(ElementType type) {
  return type == ElementType::kUint8 || type == ElementType::kUint16;
}

std::optional<ElementType> element_type_named(std::string_view name) {
  for (const ElementType type :
       {ElementType::kUint8, ElementType::kFloat32, ElementType::kBfloat16, ElementType::kUint16})
    if (to_string(type) == name) return type;
  return std::nullopt;
}

void decode_scaled(ElementType type, ConstBytes bytes, float scale, std::span<float> values) {
  MIXNN_CHECK(bytes.size() == values.size() * element_bytes(type), "sizes of decode_scaled");
  switch (type) {
    case ElementType::kUint8:
      return scale_bytes({u8(bytes), values.size()}, scale, values);
    case ElementType::kUint16:
      return scale_words({reinterpret_cast<const std::uint16_t*>(bytes.data()), values.size()},
                         scale, values);
    case ElementType::kFloat32:
      return scale_floats({reinterpret_cast<const float*>(bytes.data()), values.size()}, scale,
                          values);
    case ElementType::kBfloat16:
      decode(type, bytes, values);
      return scale_floats(values, scale, values);
  }
  MIXNN_CHECK(false, "unknown element type");
}

void encode(ElementType type, std::span<const float> values, Bytes bytes) {
  MIXNN_CHECK(bytes.size() == values.size() * element_bytes(type), "sizes of encode");
  if (type == ElementType::kBfloat16)
    return round_to_bfloat16(values,
                             {reinterpret_cast<std::uint16_t*>(bytes.data()), values.size()});
  MIXNN_CHECK(type == ElementType::kFloat32, "a type that floats are encoded in");
  copy_bytes(bytes_of(values), bytes);
}

void decode(ElementType type, ConstBytes bytes, std::span<float> values) {
  MIXNN_CHECK(bytes.size() == values.size() * element_bytes(type), "sizes of decode");
  if (type == ElementType::kBfloat16)
    return widen_bfloat16({reinterpret_cast<const std::uint16_t*>(bytes.data()), values.size()},
                          values);
  MIXNN_CHECK(type == ElementType::kFloat32, "a type that floats are encoded in");
  copy_bytes(bytes, std::as_writable_bytes(values));
}

std::span<float> decoded(ElementType type, Bytes bytes, std::span<float> scratch) {
  const std::size_t count = bytes.size() / element_bytes(type);
  if (type == ElementType::kFloat32) return {reinterpret_cast<float*>(bytes.data()), count};
  MIXNN_CHECK(count <= scratch.size(), "room for decoded floats");
  decode(type, bytes, scratch.first(count));
  return scratch.first(count);
}

std::span<const float> decoded(ElementType type, ConstBytes bytes, std::span<float> scratch) {
  return decoded(type, Bytes(const_cast<std::byte*>(bytes.data()), bytes.size()), scratch);
}

Bytes encoded(ElementType type, std::span<float> values, Bytes scratch) {
  if (type == ElementType::kFloat32) return std::as_writable_bytes(values);
  const std::size_t size = values.size() * element_bytes(type);
  MIXNN_CHECK(size <= scratch.size(), "room for encoded floats");
  encode(type, values, scratch.first(size));
  return scratch.first(size);
}

}  // namespace mixnn
