#pragma once
#include <algorithm>
#include <array>
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "mixnn/base/bytes.hpp"

// One codec for all that is written as bytes. A type says once how it is laid out, and encoding,
// decoding and measuring all follow that one description:
//
//   void describe(auto& codec, Of<ShardOrder> auto& order) {
//     codec.text(order.folder, kMaxFolderText, TextRule::kAny);
//     codec.bytes(order.name);
//     codec.number(order.chunks);
//     codec.require(order.chunks > 0);
//   }
//
// Decoding takes bytes from anyone. It never reads past their end, and checks each count and size
// against what is left before it takes memory. What breaks a rule is refused as a whole. Encoding
// checks no rule: what this program makes up itself is its own affair, and the other end refuses
// it.
namespace mixnn {

// describe() is given a value to read from, or one to fill in: `const T` or `T`.
template <class T, class Plain>
concept Of = std::same_as<std::remove_const_t<T>, Plain>;

// Numbers that look the same on every machine. No bool: a byte of 2 is none.
template <class T>
concept Numeric = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

enum class TextRule {
  kAny,        // whatever it holds
  kPlain,      // printable ASCII, or it is refused
  kMadePlain,  // cut to its limit, and what is not printable ASCII becomes '?'
};

inline constexpr bool is_printable(char c) { return c >= ' ' && c <= '~'; }
inline std::string made_plain(std::string_view text, std::size_t most) {
  std::string plain(text.substr(0, most));
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return !is_printable(c); }, '?');
  return plain;
}

// The fields that a description is made of; Decoder has the same.
template <class Sink>
class Encoder {
 public:
  explicit Encoder(Sink& sink) : sink_(sink) {}

  // Numbers of fixed width, one after the other.
  void number(const Numeric auto& value) { put(value); }
  void numbers(const Numeric auto&... values) { (put(values), ...); }
  template <Numeric T, std::size_t N>
  void numbers(const std::array<T, N>& values) {
    for (const T& value : values) put(value);
  }
  // A number that travels as a `Wire`, whatever its width is here.
  template <Numeric Wire>
  void number_as(Wire, const Numeric auto& value) {
    MIXNN_CHECK(std::in_range<Wire>(value), "a number that its field cannot hold");
    put(static_cast<Wire>(value));
  }
  void flag(const bool& value) { put(static_cast<std::uint8_t>(value)); }  // u8, 0 or 1
  // A number that is always the same.
  void constant(Numeric auto value) { put(value); }

  // One of an enumeration: from `first` to `last`, or of those that `known` knows.
  template <class Enum>
  void choice(const Enum& value, std::type_identity_t<Enum>, std::type_identity_t<Enum>) {
    put(value);
  }
  template <class Enum>
  void choice(const Enum& value, bool (*)(Enum)) {
    put(value);
  }

  void bytes(ConstBytes value) { sink_.put(value); }  // as many as the place holds
  // Exactly so many: a number that was described before says so.
  void content(const std::vector<std::byte>& value, std::size_t size) {
    MIXNN_CHECK(value.size() == size, "as many bytes as were announced");
    sink_.put(value);
  }
  // Sized: a u32 length, then the bytes; decoded as a view into the input.
  void sized(const ConstBytes& value) {
    put(length(value.size()));
    sink_.put(value);
  }
  void text(const std::string& value, std::size_t most, TextRule rule) {
    if (rule == TextRule::kMadePlain)
      sized(bytes_of(std::string_view(value).substr(0, most)));
    else
      sized(bytes_of(std::string_view(value)));
  }
  // A u32 count of at most `most`, then the elements.
  template <class T>
  void list(const std::vector<T>& values, std::size_t = std::numeric_limits<std::size_t>::max()) {
    put(length(values.size()));
    for (const T& value : values) nested(value);
  }
  void nested(const auto& value) { describe(*this, value); }

  // A value that travels as another: wire = to(value), and back value = from(wire), an optional.
  void via(const auto& value, auto to, auto) { nested(to(value)); }
  // A value with code of its own: write(value, ByteWriter&), and value = read(ByteReader&).
  void foreign(const auto& value, auto write, auto) {
    std::vector<std::byte> out;
    ByteWriter writer(out);
    write(value, writer);
    sink_.put(out);
  }

  // A rule. False where decoding has failed: then what follows must not rely on it.
  bool require(bool) { return true; }

 private:
  template <class T>
  void put(const T& value) {
    sink_.put(std::as_bytes(std::span(&value, 1)));
  }
  static std::uint32_t length(std::size_t size) {
    MIXNN_CHECK(std::in_range<std::uint32_t>(size), "a size that its field cannot hold");
    return static_cast<std::uint32_t>(size);
  }

  Sink& sink_;
};

// Takes the place of the bytes, and only counts them.
struct ByteCount {
  std::size_t size = 0;
  void put(ConstBytes bytes) { size += bytes.size(); }
};

// A place that is large enough; nothing ever moves.
struct BytePlace {
  Bytes left;
  void put(ConstBytes bytes) {
    copy_bytes(bytes, left);
    left = left.subspan(bytes.size());
  }
};

template <class T>
std::size_t encoded_size(const T& value) {
  ByteCount count;
  Encoder(count).nested(value);
  return count.size;
}

class Decoder {
 public:
  explicit Decoder(ConstBytes in) : in_(in) {}

  template <Numeric T>
  void number(T& value) {
    value = in_.get<T>();
  }
  void numbers(Numeric auto&... values) { (number(values), ...); }
  template <Numeric T, std::size_t N>
  void numbers(std::array<T, N>& values) {
    for (T& value : values) number(value);
  }
  template <Numeric Wire, Numeric T>
  void number_as(Wire, T& value) {
    const Wire wire = in_.get<Wire>();
    if (require(std::in_range<T>(wire))) value = static_cast<T>(wire);
  }
  void flag(bool& value) { value = in_.get<std::uint8_t>() != 0; }
  template <Numeric T>
  void constant(T value) {
    require(in_.get<T>() == value);
  }

  template <class Enum>
  void choice(Enum& value, std::type_identity_t<Enum> first, std::type_identity_t<Enum> last) {
    const Enum read = in_.get<Enum>();
    if (require(read >= first && read <= last)) value = read;
  }
  template <class Enum>
  void choice(Enum& value, bool (*known)(Enum)) {
    const Enum read = in_.get<Enum>();
    if (require(known(read))) value = read;
  }

  void bytes(Bytes value) { copy_bytes(in_.get_bytes(value.size()), value); }
  void content(std::vector<std::byte>& value, std::size_t size) {
    const ConstBytes read = in_.get_bytes(size);
    value.assign(read.begin(), read.end());
  }
  void sized(ConstBytes& value) { value = in_.get_sized(); }
  void text(std::string& value, std::size_t most, TextRule rule) {
    const ConstBytes read = in_.get_sized();
    const std::string_view text(reinterpret_cast<const char*>(read.data()), read.size());
    if (rule == TextRule::kMadePlain)
      value = made_plain(text, most);
    else if (require(text.size() <= most && (rule == TextRule::kAny || all_printable(text))))
      value = text;
  }
  template <class T>
  void list(std::vector<T>& values, std::size_t most = std::numeric_limits<std::size_t>::max()) {
    const std::size_t count = in_.get<std::uint32_t>();
    const std::size_t room = in_.rest().size() / encoded_size(T{});  // an empty one is the shortest
    if (!require(count <= most && count <= room)) return;
    values.resize(count);
    for (std::size_t i = 0; i < count && ok(); ++i) nested(values[i]);
  }
  void nested(auto& value) { describe(*this, value); }

  template <class T, class To, class From>
  void via(T& value, To, From from) {
    std::invoke_result_t<To, const T&> wire{};
    nested(wire);
    const std::optional<T> read = from(wire);
    if (require(read.has_value())) value = *read;
  }
  void foreign(auto& value, auto, auto read) { value = read(in_); }

  bool require(bool holds) {
    failed_ = failed_ || !holds;
    return ok();
  }
  bool ok() const { return !failed_ && in_.ok(); }
  bool at_end() const { return !failed_ && in_.at_end(); }

 private:
  static bool all_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_printable);
  }

  ByteReader in_;
  bool failed_ = false;
};

// Into a place that is large enough; returns the part that it takes.
template <class T>
Bytes encode_to(const T& value, Bytes place) {
  BytePlace rest{place};
  Encoder(rest).nested(value);
  return place.first(place.size() - rest.left.size());
}

// All memory is taken at once: keys within `value` leave no copies behind in growing.
template <class T>
std::vector<std::byte> encode(const T& value) {
  std::vector<std::byte> out(encoded_size(value));
  encode_to(value, out);
  return out;
}

// Behind it, zeros up to N bytes.
template <std::size_t N, class T>
std::array<std::byte, N> encode_padded(const T& value) {
  std::array<std::byte, N> out{};
  encode_to(value, out);
  return out;
}

// The value at the front of `bytes`, or nothing if it is malformed. What follows it is padding.
template <class T>
std::optional<T> decode(ConstBytes bytes) {
  Decoder decoder(bytes);
  std::optional<T> value(std::in_place);
  decoder.nested(*value);
  if (!decoder.ok()) value.reset();
  return value;
}

// The same, with nothing behind it.
template <class T>
std::optional<T> decode_whole(ConstBytes bytes) {
  Decoder decoder(bytes);
  std::optional<T> value(std::in_place);
  decoder.nested(*value);
  if (!decoder.at_end()) value.reset();
  return value;
}

}  // namespace mixnn
