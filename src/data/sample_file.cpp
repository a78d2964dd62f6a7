#include "mixnn/data/sample_file.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/data/compressed_file.hpp"
#include "mixnn/data/formats/csv.hpp"
#include "mixnn/data/formats/idx.hpp"
#include "mixnn/data/npy_array.hpp"
#include "mixnn/data/number_tables.hpp"

namespace mixnn {
namespace {

Shape without_ones(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

NumberArray read_samples(const std::filesystem::path& file, const std::string& target) {
  const std::filesystem::path name = file.extension() == ".gz" ? file.stem() : file;
  if (name.extension() == ".csv") return read_csv_samples(file, target);
  if (name.extension() != ".npy") return read_idx(file, 2, 4);
  CompressedFile in(file);
  return read_npy(in);
}

}  // namespace

Table load_samples(const std::filesystem::path& file, const Shape& shape,
                   const std::string& target) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) throw UsageError(file.string() + ": no such file");
  if (std::filesystem::is_directory(file, error))
    throw UsageError(file.string() + ": is a folder; a file of samples is expected");
  const NumberArray array = read_samples(file, target);
  if (array.count() == 0) array.fail("holds no samples");
  return in_shape(sample_table(array), shape, true);
}

Table in_shape(const Table& table, const Shape& wanted, bool flat) {
  const Shape& found = table.row_shape();
  const bool alike = (flat && found.size() <= 1) || without_ones(found) == without_ones(wanted);
  if (found != wanted && alike && element_count(found) == element_count(wanted))
    return table.shaped(wanted);
  return table;
}

}  // namespace mixnn
