#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "mixnn/base/held_bytes.hpp"
#include "mixnn/data/byte_source.hpp"
#include "mixnn/tensor/shape.hpp"

namespace mixnn {

enum class NumberType : std::uint8_t {
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kInt64,
  kFloat32,
  kFloat64
};
std::size_t number_bytes(NumberType type);
bool is_real(NumberType type);  // kFloat32 and kFloat64

// Numbers as they lie in a file, row-major; the first extent counts the rows.
struct NumberArray {
  std::string name;  // of the file, for messages
  NumberType type = NumberType::kUint8;
  bool big_endian = false;
  Shape shape;
  HeldBytes held;

  std::size_t rows() const { return static_cast<std::size_t>(shape.front()); }
  Shape row_shape() const { return {shape.begin() + 1, shape.end()}; }
  std::size_t count() const { return held.bytes.size() / number_bytes(type); }

  [[noreturn]] void fail(const std::string& why) const;
};

// What a header has announced in `array`, all of it and nothing behind. Throws UsageError where the
// shape is impossible, or the content longer or shorter.
void read_content(ByteSource& source, NumberArray& array);

// The numbers from `first` on, as doubles, which hold all but large ones of kInt64 exactly.
void decode_numbers(const NumberArray& array, std::size_t first, std::span<double> out);

}  // namespace mixnn
