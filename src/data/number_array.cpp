#include "mixnn/data/number_array.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr std::int64_t kMaxSamples = 1'000'000'000, kMaxExtent = 16'777'216;
constexpr std::size_t kMaxBytes = std::size_t{1} << 40;

template <class T>
void decode_as(const NumberArray& array, std::size_t first, std::span<double> out) {
  const std::byte* from = array.held.bytes.data() + first * sizeof(T);
  for (double& value : out) {
    std::array<std::byte, sizeof(T)> raw;
    std::memcpy(raw.data(), from, sizeof(T));
    if (array.big_endian) std::ranges::reverse(raw);
    T number;
    std::memcpy(&number, raw.data(), sizeof(T));
    value = static_cast<double>(number);
    from += sizeof(T);
  }
}

// The product of the extents and the size of a number.
std::size_t checked_bytes(const ByteSource& source, const NumberArray& array) {
  std::size_t bytes = number_bytes(array.type);
  for (std::size_t d = 0; d < array.shape.size(); ++d) {
    const std::int64_t extent = array.shape[d], most = d == 0 ? kMaxSamples : kMaxExtent;
    if (extent == 0) source.fail(d == 0 ? "holds no samples" : "holds samples without a size");
    if (extent < 0 || extent > most || bytes > kMaxBytes / static_cast<std::size_t>(extent))
      source.fail("claims an impossible size: extent " + std::to_string(d) + " is " +
                  std::to_string(extent));
    bytes *= static_cast<std::size_t>(extent);
  }
  return bytes;
}

}  // namespace

std::size_t number_bytes(NumberType type) {
  switch (type) {
    case NumberType::kUint8:
    case NumberType::kInt8:
      return 1;
    case NumberType::kUint16:
    case NumberType::kInt16:
      return 2;
    case NumberType::kUint32:
    case NumberType::kInt32:
    case NumberType::kFloat32:
      return 4;
    case NumberType::kInt64:
    case NumberType::kFloat64:
      return 8;
  }
  MIXNN_CHECK(false, "unknown type of numbers");
}

bool is_real(NumberType type) {
  return type == NumberType::kFloat32 || type == NumberType::kFloat64;
}

void NumberArray::fail(const std::string& why) const { throw UsageError(name + ": " + why); }

void read_content(ByteSource& source, NumberArray& array) {
  array.name = source.name();
  const std::size_t size = number_bytes(array.type), bytes = checked_bytes(source, array);
  array.held = source.take(bytes, size);
  if (array.held.bytes.size() < bytes)
    source.fail("is truncated: " + std::to_string(array.count()) + " of " +
                std::to_string(bytes / size) + " values");
  if (!source.at_end())
    source.fail("has bytes behind its " + std::to_string(bytes / size) + " values");
}

void decode_numbers(const NumberArray& array, std::size_t first, std::span<double> out) {
  MIXNN_CHECK(first <= array.count() && out.size() <= array.count() - first, "no such numbers");
  switch (array.type) {
    case NumberType::kUint8:
      return decode_as<std::uint8_t>(array, first, out);
    case NumberType::kInt8:
      return decode_as<std::int8_t>(array, first, out);
    case NumberType::kUint16:
      return decode_as<std::uint16_t>(array, first, out);
    case NumberType::kInt16:
      return decode_as<std::int16_t>(array, first, out);
    case NumberType::kUint32:
      return decode_as<std::uint32_t>(array, first, out);
    case NumberType::kInt32:
      return decode_as<std::int32_t>(array, first, out);
    case NumberType::kInt64:
      return decode_as<std::int64_t>(array, first, out);
    case NumberType::kFloat32:
      return decode_as<float>(array, first, out);
    case NumberType::kFloat64:
      return decode_as<double>(array, first, out);
  }
  MIXNN_CHECK(false, "unknown type of numbers");
}

}  // namespace mixnn
