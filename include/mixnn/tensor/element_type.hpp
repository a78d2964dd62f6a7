#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// How numbers lie in bytes, of a data set or of a message: samples and labels as they are stored;
// activations and gradients as floats, or as their upper halves (bfloat16: 8 bits of precision, the
// range of a float, half the bytes), or as whole numbers with scales (int8: encoding.hpp).
enum class ElementType : std::uint8_t {
  kUint8 = 1,
  kFloat32 = 2,
  kBfloat16 = 3,
  kUint16 = 4,
  kInt8 = 5
};
std::size_t element_bytes(ElementType type);  // of a number, without scales
// One of the integers of this type in `bytes`.
std::size_t integer_at(ElementType type, ConstBytes bytes, std::size_t index);
bool is_integer(ElementType type);        // which numbers of a data set may be
std::string to_string(ElementType type);  // PyTorch's names: "uint8", "float32", "bfloat16"
std::optional<ElementType> element_type_named(std::string_view name);

template <class T>
constexpr ElementType element_type_of() {
  if constexpr (std::is_same_v<T, std::uint8_t>) return ElementType::kUint8;
  if constexpr (std::is_same_v<T, std::uint16_t>) return ElementType::kUint16;
  if constexpr (std::is_same_v<T, float>) return ElementType::kFloat32;
}

// Whether a data set may have it: any type but kInt8, whose numbers say nothing without scales.
bool is_raw(ElementType type);
// Of such a type: values = scale * the numbers in `bytes`, which is aligned for its elements.
void decode_scaled(ElementType type, ConstBytes bytes, float scale, std::span<float> values);

}  // namespace mixnn
