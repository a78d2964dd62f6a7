#include "mixnn/data/formats/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "mixnn/base/text.hpp"
#include "mixnn/data/csv_file.hpp"
#include "mixnn/data/file_names.hpp"
#include "mixnn/data/number_tables.hpp"

namespace mixnn {
namespace {

constexpr double kMostClass = 65535;
constexpr const char *kTrainTable = "train.csv", *kTestTable = "test.csv";

bool is_missing(const std::string& field) {
  constexpr std::array kWords{"", "?", "na", "n/a", "nan", "null", "none"};
  std::string small = field;
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::ranges::find(kWords, small) != kWords.end();
}

bool read_number(const std::string& field, double& value) {
  const char* const begin = field.data() + (field.starts_with('+') ? 1 : 0);
  const char* const end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc() && stop == end && begin != end;
}

class TableReader {
 public:
  // `targets`: there is a column of them, the last if it has no name.
  TableReader(const std::filesystem::path& file, const std::string& target, bool targets = true)
      : in_(file) {
    read_header(target, targets);
  }
  RawSet read(bool classes);
  void check_same_columns(const TableReader& as) const;

 private:
  void read_header(const std::string& target, bool targets);
  double number(std::size_t column) const;
  double target(bool classes) const;
  std::string place(std::size_t column) const {
    return "column " + std::to_string(column + 1) + " (" + printable(columns_[column]) + ")";
  }
  template <class T>
  NumberArray array(NumberType type, Shape shape, const std::vector<T>& values) const;

  CsvFile in_;
  std::vector<std::string> columns_, fields_;
  std::size_t target_ = 0;
};

void TableReader::read_header(const std::string& target, bool targets) {
  if (!in_.next(columns_)) in_.fail("is empty; a header with the names of the columns is expected");
  double value = 0;
  if (std::ranges::all_of(columns_, [&](const std::string& f) { return read_number(f, value); }))
    in_.fail("has numbers alone; a header with the names of the columns is expected");
  if (targets && columns_.size() < 2)
    in_.fail("has a single column, '" + printable(columns_[0]) +
             "'; at least one of features and one of targets are expected");
  target_ = targets ? columns_.size() - 1 : columns_.size();
  if (target.empty()) return;
  const auto found = std::ranges::find(columns_, target);
  if (found == columns_.end())
    in_.fail("has no column '" + target + "' (--target); the first is '" +
             printable(columns_.front()) + "', the last '" + printable(columns_.back()) + "'");
  if (std::find(found + 1, columns_.end(), target) != columns_.end())
    in_.fail("has several columns '" + target + "' (--target)");
  target_ = static_cast<std::size_t>(found - columns_.begin());
}

double TableReader::number(std::size_t column) const {
  const std::string& field = fields_[column];
  if (is_missing(field))
    in_.fail(place(column) + " has no value" + (field.empty() ? "" : ", but '" + field + "'") +
             "; a number is expected: fill missing values in, or leave the line out");
  double value = 0;
  if (!read_number(field, value))
    in_.fail(place(column) + ": '" + printable(field.substr(0, 30)) +
             "' is no number; give texts numbers first, and write decimals with a point");
  if (!std::isfinite(static_cast<float>(value)))
    in_.fail(place(column) + ": '" + field + "' is no finite number of float32");
  return value;
}

template <class T>
NumberArray TableReader::array(NumberType type, Shape shape, const std::vector<T>& values) const {
  const ConstBytes bytes = bytes_of(std::span(values));
  return {in_.name(), type, false, std::move(shape), HeldBytes::of({bytes.begin(), bytes.end()})};
}

// A class, if they are wanted.
double TableReader::target(bool classes) const {
  const double value = number(target_);
  if (classes && !(value >= 0 && value <= kMostClass && value == std::floor(value)))
    in_.fail(place(target_) + ": '" + fields_[target_] +
             "' is no class; MODEL's loss takes whole numbers from 0 to 65535");
  return value;
}

RawSet TableReader::read(bool classes) {
  std::vector<float> samples;
  std::vector<double> targets;
  std::int64_t rows = 0;
  for (; in_.next(fields_); ++rows) {
    if (fields_.size() != columns_.size())
      in_.fail("has " + counted(fields_.size(), "field") + ", but the header has " +
               std::to_string(columns_.size()));
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (c != target_) samples.push_back(static_cast<float>(number(c)));
    if (target_ < columns_.size()) targets.push_back(target(classes));
  }
  if (rows == 0) in_.fail("has no samples below its header");
  const auto features = static_cast<std::int64_t>(samples.size()) / rows;
  return {array(NumberType::kFloat32, {rows, features}, samples),
          array(NumberType::kFloat64, {rows}, targets)};
}

void TableReader::check_same_columns(const TableReader& as) const {
  if (columns_.size() != as.columns_.size())
    in_.fail("has " + counted(columns_.size(), "column") + ", but " + as.in_.name() + " has " +
             std::to_string(as.columns_.size()));
  for (std::size_t c = 0; c < columns_.size(); ++c)
    if (columns_[c] != as.columns_[c])
      in_.fail("column " + std::to_string(c + 1) + " is '" + printable(columns_[c]) + "', but '" +
               printable(as.columns_[c]) + "' in " + as.in_.name());
}

}  // namespace

NumberArray read_csv_samples(const std::filesystem::path& file, const std::string& left_out) {
  return TableReader(file, left_out, false).read(false).samples;
}

bool csv_is_in(const std::filesystem::path& folder) {
  return find_data_file(folder, kTrainTable) || find_data_file(folder, kTestTable);
}

DataPair load_csv(const std::filesystem::path& folder, const DataRequest& request) {
  TableReader train(needed_file(folder, kTrainTable), request.target);
  TableReader test(needed_file(folder, kTestTable), request.target);
  test.check_same_columns(train);
  RawSet first = train.read(request.labels_classes);
  return tables_of(std::move(first), test.read(request.labels_classes), request);
}

}  // namespace mixnn
