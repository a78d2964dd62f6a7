#include "mixnn/data/formats/idx.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "mixnn/base/error.hpp"
#include "mixnn/data/compressed_file.hpp"
#include "mixnn/data/file_names.hpp"

namespace mixnn {
namespace {

constexpr const char *kTrain = "train", *kTest = "t10k";
constexpr const char *kImages = "-images-idx3-ubyte", *kLabels = "-labels-idx1-ubyte";
constexpr std::uint32_t kUnsignedByte = 0x08;
constexpr std::size_t kMaxSamples = 100'000'000, kMaxExtent = 65'536;
constexpr std::size_t kMaxBytes = std::size_t{1} << 33;
constexpr std::size_t kChunkBytes = std::size_t{1} << 22;

std::uint32_t read_u32(CompressedFile& in) {
  std::array<std::byte, 4> raw{};
  if (in.read(raw) != raw.size()) in.fail("is truncated within its header");
  std::uint32_t value = 0;
  for (const std::byte b : raw) value = value << 8 | std::to_integer<std::uint32_t>(b);
  return value;
}

void check_magic(const CompressedFile& in, std::uint32_t magic, std::size_t dimensions) {
  const std::uint32_t expected = kUnsignedByte << 8 | static_cast<std::uint32_t>(dimensions);
  if (magic == expected) return;
  if (magic >> 8 == kUnsignedByte)
    in.fail("has " + std::to_string(magic & 0xff) + " dimensions instead of " +
            std::to_string(dimensions));
  in.fail("is no IDX file of unsigned bytes: its magic number is " + std::to_string(magic) +
          " instead of " + std::to_string(expected));
}

// The extents, and their product.
std::size_t read_shape(CompressedFile& in, std::size_t dimensions,
                       std::vector<std::size_t>& shape) {
  std::size_t bytes = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const std::size_t extent = read_u32(in), most = d == 0 ? kMaxSamples : kMaxExtent;
    if (extent == 0) in.fail(d == 0 ? "holds no samples" : "holds samples without a size");
    if (extent > most || bytes > kMaxBytes / extent)
      in.fail("claims an impossible size: extent " + std::to_string(d) + " is " +
              std::to_string(extent));
    shape.push_back(extent);
    bytes *= extent;
  }
  return bytes;
}

std::filesystem::path needed_file(const std::filesystem::path& folder, const std::string& name) {
  if (const auto file = find_data_file(folder, name)) return *file;
  throw UsageError(folder.string() + ": has neither " + name + " nor " + name + ".gz" +
                   holds_text(folder) + "; " + kDataRemedy);
}

DataSet load_part(const std::filesystem::path& folder, const std::string& part) {
  const auto images_file = needed_file(folder, part + kImages);
  const auto labels_file = needed_file(folder, part + kLabels);
  IdxArray images = read_idx(images_file, 3), labels = read_idx(labels_file, 1);
  if (images.shape[0] != labels.shape[0])
    throw UsageError(labels_file.string() + ": has " + std::to_string(labels.shape[0]) +
                     " labels, but " + images_file.filename().string() + " has " +
                     std::to_string(images.shape[0]) + " images");
  const auto height = static_cast<std::int64_t>(images.shape[1]),
             width = static_cast<std::int64_t>(images.shape[2]);
  return {Table(ElementType::kUint8, {1, height, width}, std::move(images.values)),
          Table(ElementType::kUint8, {}, std::move(labels.values))};
}

}  // namespace

bool idx_is_in(const std::filesystem::path& folder) {
  for (const char* const part : {kTrain, kTest})
    for (const char* const content : {kImages, kLabels})
      if (find_data_file(folder, std::string(part) + content)) return true;
  return false;
}

DataPair load_idx(const std::filesystem::path& folder) {
  return {{}, load_part(folder, kTrain), load_part(folder, kTest)};
}

IdxArray read_idx(const std::filesystem::path& file, std::size_t dimensions) {
  CompressedFile in(file);
  check_magic(in, read_u32(in), dimensions);
  IdxArray array;
  const std::size_t bytes = read_shape(in, dimensions, array.shape);
  while (array.values.size() < bytes) {
    const std::size_t done = array.values.size(), want = std::min(kChunkBytes, bytes - done);
    array.values.resize(done + want);
    const std::size_t got = in.read(Bytes(array.values).subspan(done));
    if (got < want)
      in.fail("is truncated: " + std::to_string(done + got) + " of " + std::to_string(bytes) +
              " values");
  }
  std::byte more{};
  if (in.read({&more, 1}) != 0)
    in.fail("has bytes behind its " + std::to_string(bytes) + " values");
  return array;
}

}  // namespace mixnn
