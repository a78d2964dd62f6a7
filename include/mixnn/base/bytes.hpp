#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mixnn/base/check.hpp"

namespace mixnn {

static_assert(std::endian::native == std::endian::little,
              "the wire format is written as the machine holds it");

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;

inline std::uint8_t* u8(Bytes bytes) { return reinterpret_cast<std::uint8_t*>(bytes.data()); }
inline const std::uint8_t* u8(ConstBytes bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

// The bytes of a trivially copyable object, or of an array of them.
template <class T, std::size_t N>
ConstBytes bytes_of(std::span<T, N> values) {
  return std::as_bytes(values);
}
inline ConstBytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline void copy_bytes(ConstBytes from, Bytes to) {
  MIXNN_CHECK(from.size() <= to.size(), "copy past the end");
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
}

// Appends little-endian values to a vector of bytes that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& out) : out_(out) {}

  template <class T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void put(T value) {
    put_bytes(std::as_bytes(std::span(&value, 1)));
  }
  void put_bytes(ConstBytes bytes);
  // Length (u32), then the bytes.
  void put_sized(ConstBytes bytes) {
    put(static_cast<std::uint32_t>(bytes.size()));
    put_bytes(bytes);
  }
  void put_string(std::string_view text) { put_sized(bytes_of(text)); }

 private:
  std::vector<std::byte>& out_;
};

// Reads what ByteWriter wrote from bytes that may come from anyone: past the end it gives zeros and
// ok() stays false.
class ByteReader {
 public:
  explicit ByteReader(ConstBytes in) : in_(in) {}

  template <class T>
  requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) T get() {
    T value{};
    const ConstBytes raw = get_bytes(sizeof(T));
    if (raw.size() == sizeof(T)) std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }
  // The next n bytes as a view into the input; empty (and not ok) where there are fewer.
  ConstBytes get_bytes(std::size_t n) {
    if (!ok_ || n > in_.size()) {
      ok_ = false;
      return {};
    }
    const ConstBytes taken = in_.first(n);
    in_ = in_.subspan(n);
    return taken;
  }
  ConstBytes get_sized() { return get_bytes(get<std::uint32_t>()); }
  std::string get_string() {
    const ConstBytes raw = get_sized();
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && in_.empty(); }
  ConstBytes rest() const { return in_; }

 private:
  ConstBytes in_;
  bool ok_ = true;
};

std::string to_hex(ConstBytes bytes);
// The bytes that a string of hexadecimal digits stands for; nothing if it is malformed.
std::optional<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace mixnn
