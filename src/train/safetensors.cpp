#include "mixnn/train/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>
#include <utility>

#include "mixnn/base/bytes.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/layers/json_value.hpp"
#include "mixnn/tensor/element_type.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // as the format limits it
constexpr std::uint64_t kMaxValues = std::uint64_t{1} << 40;
constexpr std::size_t kMaxExtents = 16;

constexpr std::array kTypeBytes{std::pair{"F64", 8},  std::pair{"F32", 4}, std::pair{"F16", 2},
                                std::pair{"BF16", 2}, std::pair{"I64", 8}, std::pair{"I32", 4},
                                std::pair{"I16", 2},  std::pair{"I8", 1},  std::pair{"U64", 8},
                                std::pair{"U32", 4},  std::pair{"U16", 2}, std::pair{"U8", 1},
                                std::pair{"BOOL", 1}};

std::uint64_t bytes_of_type(const std::string& dtype) {
  for (const auto& [name, bytes] : kTypeBytes)
    if (dtype == name) return static_cast<std::uint64_t>(bytes);
  return 0;
}

// IEEE 754 binary16.
float widen_half(std::uint16_t half) {
  constexpr std::uint32_t kExponentShift = 112u << 23;  // the biases differ by 112
  const std::uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31u;
  std::uint32_t bits = (half & 0x7fffu) << 13;
  if (exponent == 0) {  // a multiple of 2^-24
    const float value = static_cast<float>(half & 0x3ffu) * 0x1p-24f;
    return sign != 0 ? -value : value;
  }
  bits += exponent == 31 ? 2 * kExponentShift : kExponentShift;
  return std::bit_cast<float>(sign | bits);
}

template <class T>
std::vector<T> values_in(ConstBytes bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  copy_bytes(bytes, std::as_writable_bytes(std::span(values)));
  return values;
}

bool is_count(const nlohmann::json& json) {
  return json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
}

bool are_counts(const nlohmann::json& json, std::size_t least, std::size_t most) {
  return json.is_array() && json.size() >= least && json.size() <= most &&
         std::ranges::all_of(json, is_count);
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& file)
    : file_(file), in_(file, std::ios::binary) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) fail("is a folder");
  if (!in_) fail("cannot be opened");
  const std::string header = read_header();
  const nlohmann::json found = parse_json(header, file_.string() + ": header");
  if (!found.is_object()) fail("is no safetensors file: its header is no JSON object");
  for (const auto& [name, described] : found.items())
    if (name != "__metadata__") add(name, described);
  check_places();
}

void SafetensorsFile::fail(const std::string& why) const {
  throw UsageError(file_.string() + ": " + why);
}

std::string SafetensorsFile::read_header() {
  std::uint64_t length = 0;
  in_.read(reinterpret_cast<char*>(&length), sizeof length);
  if (!in_ || length < 2) fail("is no safetensors file");
  if (length > kMaxHeaderBytes)
    fail("is no safetensors file: its header would have " + std::to_string(length) +
         " bytes, at most " + std::to_string(kMaxHeaderBytes) + " are possible");
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file_, error);
  if (error) fail("cannot be read: it is no regular file");
  first_ = sizeof length + length;
  if (size < first_) fail("is truncated within its header");
  bytes_ = size - first_;
  std::string header(length, '\0');
  in_.read(header.data(), static_cast<std::streamsize>(length));
  if (!in_) fail("is truncated within its header");
  return header;
}

void SafetensorsFile::add(const std::string& name, const nlohmann::json& described) {
  const auto refuse = [&](const std::string& why) { fail("header: tensor " + name + ": " + why); };
  for (const char* const key : {"dtype", "shape", "data_offsets"})
    if (!described.is_object() || !described.contains(key))
      refuse("has no \"" + std::string(key) + "\"");
  const nlohmann::json& dtype = described["dtype"];
  const std::uint64_t size = dtype.is_string() ? bytes_of_type(dtype.get<std::string>()) : 0;
  if (size == 0) refuse("unknown dtype " + dtype.dump());
  if (!are_counts(described["shape"], 0, kMaxExtents))
    refuse("shape must be an array of counts, is " + described["shape"].dump());
  if (!are_counts(described["data_offsets"], 2, 2))
    refuse("data_offsets must be two counts, are " + described["data_offsets"].dump());
  Tensor tensor{.dtype = dtype.get<std::string>(),
                .shape = {},
                .begin = described["data_offsets"][0].get<std::uint64_t>(),
                .end = described["data_offsets"][1].get<std::uint64_t>()};
  std::uint64_t values = 1;
  for (const nlohmann::json& extent : described["shape"]) {
    const auto count = extent.get<std::uint64_t>();
    if (count > kMaxValues || (count > 0 && values > kMaxValues / count))
      refuse("shape " + described["shape"].dump() + " is too large");
    values *= count;
    tensor.shape.push_back(static_cast<std::int64_t>(count));
  }
  if (tensor.begin > tensor.end || tensor.end > bytes_)
    refuse("lies at bytes " + described["data_offsets"].dump() + ", but the file " +
           (tensor.begin > tensor.end ? "" : "is truncated, or another's: it ") + "has " +
           std::to_string(bytes_) + " of tensors");
  if (tensor.end - tensor.begin != values * size)
    refuse("has " + std::to_string(tensor.end - tensor.begin) + " bytes, but " + tensor.dtype +
           " of shape " + described["shape"].dump() + " takes " + std::to_string(values * size));
  tensors_.emplace(name, std::move(tensor));
}

// One behind the other, whatever their order in the header.
void SafetensorsFile::check_places() const {
  std::vector<std::pair<std::string, Tensor>> sorted(tensors_.begin(), tensors_.end());
  std::ranges::sort(sorted, {},
                    [](const auto& t) { return std::pair(t.second.begin, t.second.end); });
  std::uint64_t end = 0;
  for (const auto& [name, tensor] : sorted) {
    if (tensor.begin < end) fail("header: tensor " + name + " overlaps another");
    if (tensor.begin > end)
      fail("header: bytes " + std::to_string(end) + " to " + std::to_string(tensor.begin) +
           " are of no tensor");
    end = tensor.end;
  }
  if (end < bytes_) fail("has bytes behind its tensors");
}

std::vector<float> SafetensorsFile::floats(const std::string& name) {
  const Tensor& tensor = tensors_.at(name);
  std::vector<std::byte> bytes(tensor.end - tensor.begin);
  in_.clear();
  in_.seekg(static_cast<std::streamoff>(first_ + tensor.begin));
  in_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in_) fail("cannot be read to its end");
  if (tensor.dtype == "F32") return values_in<float>(bytes);
  std::vector<float> values;
  if (tensor.dtype == "F64")
    for (const double x : values_in<double>(bytes)) values.push_back(static_cast<float>(x));
  else if (tensor.dtype == "F16")
    for (const std::uint16_t x : values_in<std::uint16_t>(bytes)) values.push_back(widen_half(x));
  else if (tensor.dtype == "BF16")
    for (const std::uint16_t x : values_in<std::uint16_t>(bytes))
      values.push_back(std::bit_cast<float>(std::uint32_t{x} << 16));
  else
    fail("tensor " + name + " is " + tensor.dtype + ", where floats are needed");
  return values;
}

}  // namespace mixnn
