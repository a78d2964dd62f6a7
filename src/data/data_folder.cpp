#include "mixnn/data/data_folder.hpp"

#include <algorithm>
#include <array>

#include "mixnn/base/error.hpp"
#include "mixnn/data/file_names.hpp"
#include "mixnn/data/formats/cifar10.hpp"
#include "mixnn/data/formats/csv.hpp"
#include "mixnn/data/formats/format.hpp"
#include "mixnn/data/formats/idx.hpp"
#include "mixnn/data/formats/npy.hpp"
#include "mixnn/data/formats/tokens.hpp"
#include "mixnn/data/sample_file.hpp"

namespace mixnn {
namespace {

// One a line. The first that is in a folder is read.
constexpr std::array kFormats{
    kIdxFormat, kCifar10Format, kNpyFormat, kCsvFormat, kTokenFormat,
};

std::string folder_name(const std::filesystem::path& folder) {
  const auto path = (folder / "").lexically_normal().parent_path();
  return path.has_filename() ? path.filename().string() : path.string();
}

const DataFormat& format_of(const std::filesystem::path& folder, const std::string& wanted) {
  std::string known;
  for (const DataFormat& format : kFormats) {
    if (wanted.empty() ? format.is_in(folder) : format.name == wanted) return format;
    known += (known.empty() ? "" : "; ") + std::string(format.name) + " (" + format.files + ")";
  }
  if (!wanted.empty()) throw UsageError("there is no data format '" + wanted + "': " + known);
  throw UsageError(folder.string() + ": holds no data set of a known format: " + known +
                   holds_text(folder) + "; " + kDataRemedy);
}

std::string kind_text(const Table& samples) {
  return shape_text(samples.row_shape()) +
         (samples.type() == ElementType::kUint8 ? "" : " of " + to_string(samples.type()));
}

}  // namespace

DataPair load_data_folder(const std::filesystem::path& folder, const DataRequest& request) {
  std::error_code error;
  if (!std::filesystem::exists(folder, error))
    throw UsageError(folder.string() + ": no such folder; " + kDataRemedy);
  if (!std::filesystem::is_directory(folder, error))
    throw UsageError(folder.string() + ": is no folder; " + kDataRemedy);
  DataPair pair = format_of(folder, request.format).load(folder, request);
  pair.name = folder_name(folder);
  for (DataSet* set : {&pair.train, &pair.test}) {
    MIXNN_CHECK(set->labels.rows() == set->samples.rows(), "a label for every sample");
    if (!request.input_shape.empty())
      set->samples = in_shape(set->samples, request.input_shape, true);
    if (request.label_shape) set->labels = in_shape(set->labels, *request.label_shape, false);
  }
  const std::string train = kind_text(pair.train.samples), test = kind_text(pair.test.samples);
  if (train != test)
    throw UsageError(folder.string() + ": training samples are " + train + ", but test samples " +
                     test);
  return pair;
}

std::vector<std::string> data_format_names() {
  std::vector<std::string> names;
  for (const DataFormat& format : kFormats) names.emplace_back(format.name);
  return names;
}

std::optional<std::filesystem::path> installed_dataset() {
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return folder;
  return std::nullopt;
}

}  // namespace mixnn
