#include "mixnn/data/formats/npy.hpp"

#include <optional>
#include <string>

#include "mixnn/base/error.hpp"
#include "mixnn/data/compressed_file.hpp"
#include "mixnn/data/file_names.hpp"
#include "mixnn/data/npy_array.hpp"
#include "mixnn/data/number_tables.hpp"
#include "mixnn/data/zip_file.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFiles[] = {"x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"};

bool has_arrays(const fs::path& folder) {
  for (const char* const name : kFiles)
    if (find_data_file(folder, name)) return true;
  return false;
}

bool is_pair_part(const fs::path& file) {
  return file.filename() == "train.npz" || file.filename() == "test.npz";
}

// The archive that has all, if there is one alone.
std::optional<fs::path> single_archive(const fs::path& folder) {
  std::optional<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".npz" || is_pair_part(entry->path())) continue;
    if (found) return std::nullopt;
    found = entry->path();
  }
  return found;
}

bool has_pair(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "train.npz", error) || fs::exists(folder / "test.npz", error);
}

NumberArray read_member(ZipFile& archive, const std::string& name) {
  return read_npy(*archive.open(name + ".npy"));
}

RawSet read_archive(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) throw UsageError(file.string() + ": is missing");
  ZipFile archive(file);
  return {read_member(archive, "x"), read_member(archive, "y")};
}

NumberArray read_file(const fs::path& folder, const std::string& name) {
  CompressedFile in(needed_file(folder, name));
  return read_npy(in);
}

}  // namespace

bool npy_is_in(const fs::path& folder) {
  return has_arrays(folder) || has_pair(folder) || single_archive(folder).has_value();
}

DataPair load_npy(const fs::path& folder, const DataRequest& request) {
  RawSet train, test;
  const std::optional<fs::path> single = single_archive(folder);
  if (!has_arrays(folder) && has_pair(folder)) {
    train = read_archive(folder / "train.npz");
    test = read_archive(folder / "test.npz");
  } else if (!has_arrays(folder) && single) {
    ZipFile archive(*single);
    train = {read_member(archive, "x_train"), read_member(archive, "y_train")};
    test = {read_member(archive, "x_test"), read_member(archive, "y_test")};
  } else {
    train = {read_file(folder, "x_train.npy"), read_file(folder, "y_train.npy")};
    test = {read_file(folder, "x_test.npy"), read_file(folder, "y_test.npy")};
  }
  return tables_of(std::move(train), std::move(test), request);
}

}  // namespace mixnn
