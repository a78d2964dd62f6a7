#include "mixnn/data/formats/idx.hpp"

#include <array>
#include <optional>
#include <string>

#include "mixnn/base/text.hpp"
#include "mixnn/data/compressed_file.hpp"
#include "mixnn/data/file_names.hpp"
#include "mixnn/data/number_tables.hpp"

namespace mixnn {
namespace {

constexpr const char *kTrain = "train", *kTest = "t10k";
constexpr const char *kImages = "-images-idx3-ubyte", *kLabels = "-labels-idx1-ubyte";

std::uint32_t read_u32(ByteSource& in) {
  std::array<std::byte, 4> raw{};
  if (in.read(raw) != raw.size()) in.fail("is truncated within its header");
  std::uint32_t value = 0;
  for (const std::byte b : raw) value = value << 8 | std::to_integer<std::uint32_t>(b);
  return value;
}

std::optional<NumberType> type_of(std::uint32_t code) {
  switch (code) {
    case 0x08:
      return NumberType::kUint8;
    case 0x09:
      return NumberType::kInt8;
    case 0x0b:
      return NumberType::kInt16;
    case 0x0c:
      return NumberType::kInt32;
    case 0x0d:
      return NumberType::kFloat32;
    case 0x0e:
      return NumberType::kFloat64;
    default:
      return std::nullopt;
  }
}

std::size_t check_dimensions(const ByteSource& in, std::size_t found, std::size_t least,
                             std::size_t most) {
  if (found >= least && found <= most) return found;
  in.fail("has " + counted(found, "dimension") + " instead of " + std::to_string(least) +
          (least == most ? "" : " to " + std::to_string(most)));
}

NumberType read_type(ByteSource& in, std::uint32_t magic) {
  const std::optional<NumberType> type = magic >> 16 == 0 ? type_of(magic >> 8) : std::nullopt;
  if (type) return *type;
  in.fail("is no IDX file: its magic number is " + std::to_string(magic) +
          ", and that of images of unsigned bytes is 2051");
}

RawSet load_part(const std::filesystem::path& folder, const std::string& part) {
  const auto images_file = needed_file(folder, part + kImages);
  const auto labels_file = needed_file(folder, part + kLabels);
  RawSet set{read_idx(images_file, 2, 4), read_idx(labels_file, 1, 2)};
  Shape& shape = set.samples.shape;
  if (shape.size() == 3) shape.insert(shape.begin() + 1, 1);
  return set;
}

}  // namespace

bool idx_is_in(const std::filesystem::path& folder) {
  for (const char* const part : {kTrain, kTest})
    for (const char* const content : {kImages, kLabels})
      if (find_data_file(folder, std::string(part) + content)) return true;
  return false;
}

DataPair load_idx(const std::filesystem::path& folder, const DataRequest& request) {
  RawSet train = load_part(folder, kTrain);
  return tables_of(std::move(train), load_part(folder, kTest), request);
}

NumberArray read_idx(const std::filesystem::path& file, std::size_t least, std::size_t most) {
  CompressedFile in(file);
  NumberArray array;
  const std::uint32_t magic = read_u32(in);
  array.type = read_type(in, magic);
  array.big_endian = true;
  const std::size_t dimensions = check_dimensions(in, magic & 0xff, least, most);
  for (std::size_t d = 0; d < dimensions; ++d) array.shape.push_back(read_u32(in));
  read_content(in, array);
  return array;
}

}  // namespace mixnn
