#include "mixnn/data/npy_array.hpp"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

constexpr std::array<unsigned char, 6> kNpyMagic{0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr std::size_t kMostHeader = 65'536, kMostDimensions = 8;

constexpr std::pair<std::string_view, NumberType> kTypes[] = {
    {"u1", NumberType::kUint8},  {"b1", NumberType::kUint8}, {"i1", NumberType::kInt8},
    {"u2", NumberType::kUint16}, {"i2", NumberType::kInt16}, {"u4", NumberType::kUint32},
    {"i4", NumberType::kInt32},  {"i8", NumberType::kInt64}, {"f4", NumberType::kFloat32},
    {"f8", NumberType::kFloat64}};

// The header's text, a Python dictionary such as {'descr': '<f4', 'fortran_order': False, 'shape':
// (60000, 784), }.
class HeaderReader {
 public:
  HeaderReader(const ByteSource& source, std::string_view text) : source_(source), rest_(text) {}

  void read(NumberArray& array);

 private:
  [[noreturn]] void fail(const std::string& expected) const {
    source_.fail("has a damaged header: " + expected + " is expected before '" +
                 printable(rest_.substr(0, 20)) + "'");
  }
  void skip_spaces() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }
  bool take(std::string_view what) {
    skip_spaces();
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  void need(std::string_view what) {
    if (!take(what)) fail("'" + std::string(what) + "'");
  }
  std::string_view quoted();
  std::int64_t whole();
  void read_type(NumberArray& array);
  void read_order();
  void read_shape(Shape& shape);

  const ByteSource& source_;
  std::string_view rest_;
};

std::string_view HeaderReader::quoted() {
  const char quote = take("'") ? '\'' : take("\"") ? '"' : '\0';
  const std::size_t end = quote == '\0' ? std::string_view::npos : rest_.find(quote);
  if (end == std::string_view::npos) fail("a quoted text");
  const std::string_view text = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return text;
}

std::int64_t HeaderReader::whole() {
  skip_spaces();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
  if (error != std::errc()) fail("a whole number");
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  take("L");  // as Python 2 wrote large ones
  return value;
}

void HeaderReader::read_type(NumberArray& array) {
  if (take("["))
    source_.fail("holds records of several fields; save each field as an array of its own");
  const std::string_view descr = quoted();
  if (descr.size() > 1 && descr[1] == 'O')
    source_.fail("holds Python objects; save it as numbers, with astype('float32') or the like");
  for (const auto& [name, type] : kTypes)
    if (!descr.empty() && descr.substr(1) == name) {
      array.type = type;
      array.big_endian = descr[0] == '>';
      return;
    }
  source_.fail("holds numbers of the type '" + printable(descr) +
               "'; save it as uint8, int32, int64, float32 or float64");
}

void HeaderReader::read_order() {
  if (take("True"))
    source_.fail("is in Fortran's order; save it with np.save(file, np.ascontiguousarray(x))");
  need("False");
}

void HeaderReader::read_shape(Shape& shape) {
  need("(");
  while (!take(")")) {
    shape.push_back(whole());
    if (shape.size() > kMostDimensions) source_.fail("has more than 8 dimensions");
    if (!take(",")) {
      need(")");
      break;
    }
  }
  if (shape.empty()) source_.fail("holds a single number, not an array with a row for each sample");
}

void HeaderReader::read(NumberArray& array) {
  need("{");
  unsigned seen = 0;
  while (!take("}")) {
    const std::string_view key = quoted();
    need(":");
    if (key == "descr") {
      read_type(array);
      seen |= 1;
    } else if (key == "fortran_order") {
      read_order();
      seen |= 2;
    } else if (key == "shape") {
      array.shape.clear();
      read_shape(array.shape);
      seen |= 4;
    } else {
      source_.fail("has a damaged header: unknown key '" + printable(key) + "'");
    }
    if (!take(",")) {
      need("}");
      break;
    }
  }
  if (seen != 7) source_.fail("has a header without descr, fortran_order or shape");
}

std::size_t header_size(ByteSource& source) {
  std::array<std::byte, 8> start;
  if (source.read(start) != start.size()) source.fail("is truncated within its header");
  for (std::size_t i = 0; i < kNpyMagic.size(); ++i)
    if (start[i] != std::byte{kNpyMagic[i]})
      source.fail("is no NPY file: it does not begin with \\x93NUMPY");
  const unsigned version = std::to_integer<unsigned>(start[6]);
  if (version < 1 || version > 3)
    source.fail("is an NPY file of version " + std::to_string(version) + ", not 1, 2 or 3");
  std::array<std::byte, 4> raw{};
  const Bytes length = Bytes(raw).first(version == 1 ? 2 : 4);
  if (source.read(length) != length.size()) source.fail("is truncated within its header");
  std::size_t size = 0;
  for (std::size_t i = raw.size(); i-- > 0;)
    size = size << 8 | std::to_integer<std::size_t>(raw[i]);
  if (size > kMostHeader)
    source.fail("claims a header of " + std::to_string(size) + " bytes, more than " +
                std::to_string(kMostHeader));
  return size;
}

}  // namespace

NumberArray read_npy(ByteSource& source) {
  std::vector<std::byte> header(header_size(source));
  if (source.read(header) != header.size()) source.fail("is truncated within its header");
  NumberArray array;
  HeaderReader(source, {reinterpret_cast<const char*>(header.data()), header.size()}).read(array);
  read_content(source, array);
  return array;
}

}  // namespace mixnn
