#include "mixnn/data/dataset.hpp"

#include <algorithm>

#include "mixnn/base/error.hpp"
#include "mixnn/data/idx.hpp"
#include "mixnn/tensor/shape.hpp"

namespace mixnn {
namespace {

constexpr const char* kRemedy =
    "install Debian's dataset-fashion-mnist, or name a folder with --data DIR (a small one is "
    "tests/data/digits)";

std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& name) {
  std::error_code error;
  for (const std::string& candidate : {name, name + ".gz"})
    if (std::filesystem::exists(folder / candidate, error)) return folder / candidate;
  throw UsageError(folder.string() + ": has neither " + name + " nor " + name + ".gz; " + kRemedy);
}

DataSet load_part(const std::filesystem::path& folder, const std::string& part) {
  const auto images_file = find_file(folder, part + "-images-idx3-ubyte");
  const auto labels_file = find_file(folder, part + "-labels-idx1-ubyte");
  IdxArray images = read_idx(images_file, 3), labels = read_idx(labels_file, 1);
  if (images.shape[0] != labels.shape[0])
    throw UsageError(labels_file.string() + ": has " + std::to_string(labels.shape[0]) +
                     " labels, but " + images_file.filename().string() + " has " +
                     std::to_string(images.shape[0]) + " images");
  return {
      {1, static_cast<std::int64_t>(images.shape[1]), static_cast<std::int64_t>(images.shape[2])},
      std::move(images.values),
      std::move(labels.values)};
}

std::string folder_name(const std::filesystem::path& folder) {
  const auto path = (folder / "").lexically_normal().parent_path();
  return path.has_filename() ? path.filename().string() : path.string();
}

}  // namespace

std::size_t DataSet::sample_bytes() const {
  std::size_t bytes = 1;
  for (const std::int64_t extent : sample_shape) bytes *= static_cast<std::size_t>(extent);
  return bytes;
}

ConstBytes DataSet::sample(std::size_t index) const {
  MIXNN_CHECK(index < count(), "no such sample");
  return std::as_bytes(std::span(inputs)).subspan(index * sample_bytes(), sample_bytes());
}

void DataSet::gather(std::span<const std::uint32_t> indices, Bytes out) const {
  const std::size_t bytes = sample_bytes();
  MIXNN_CHECK(out.size() == indices.size() * bytes, "size of gathered samples");
  for (std::size_t i = 0; i < indices.size(); ++i)
    copy_bytes(sample(indices[i]), out.subspan(i * bytes, bytes));
}

void DataSet::limit(std::size_t most) {
  if (most >= count()) return;
  labels.resize(most);
  inputs.resize(most * sample_bytes());
}

DataPair load_idx_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder, error))
    throw UsageError(folder.string() + ": no such folder; " + kRemedy);
  if (!std::filesystem::is_directory(folder, error))
    throw UsageError(folder.string() + ": is no folder; " + kRemedy);
  DataPair pair{folder_name(folder), load_part(folder, "train"), load_part(folder, "t10k")};
  if (pair.train.sample_shape != pair.test.sample_shape)
    throw UsageError(folder.string() + ": training images are " +
                     shape_text(pair.train.sample_shape) + ", but test images " +
                     shape_text(pair.test.sample_shape));
  return pair;
}

std::optional<std::filesystem::path> installed_dataset() {
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return folder;
  return std::nullopt;
}

void check_fits(const DataSet& data, const std::vector<std::int64_t>& input_shape,
                std::int64_t classes, const std::string& which) {
  if (data.sample_shape != input_shape)
    throw UsageError(which + ": samples have the shape " + shape_text(data.sample_shape) +
                     ", but the model's input is " + shape_text(input_shape));
  const auto wrong =
      std::ranges::find_if(data.labels, [&](std::uint8_t label) { return label >= classes; });
  if (wrong != data.labels.end())
    throw UsageError(which + ": sample " + std::to_string(wrong - data.labels.begin()) +
                     " has the label " + std::to_string(*wrong) + ", but the model has " +
                     std::to_string(classes) + " classes");
}

}  // namespace mixnn
