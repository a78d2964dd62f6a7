#include "mixnn/tensor/element_type.hpp"

#include "mixnn/tensor/elementwise.hpp"

namespace mixnn {

std::size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
    case ElementType::kInt8:
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
    case ElementType::kInt8:
      return "int8";
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

bool is_raw(ElementType type) { return type != ElementType::kInt8; }

std::optional<ElementType> element_type_named(std::string_view name) {
  for (const ElementType type : {ElementType::kUint8, ElementType::kFloat32, ElementType::kBfloat16,
                                 ElementType::kUint16, ElementType::kInt8})
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
      widen_bfloat16({reinterpret_cast<const std::uint16_t*>(bytes.data()), values.size()}, values);
      return scale_floats(values, scale, values);
    case ElementType::kInt8:
      break;
  }
  MIXNN_CHECK(false, "a type that a data set may have");
}

}  // namespace mixnn
