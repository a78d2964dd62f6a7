#include "mixnn/app/report/predictions.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "mixnn/base/bytes.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/train/evaluation.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kNpyAlignment = 64;

bool is_csv(const std::filesystem::path& file) {
  if (file.extension() == ".csv") return true;
  if (file.extension() == ".npy") return false;
  throw UsageError("--predictions " + file.string() + ": its name must end in .csv or .npy");
}

PredictionForm settled(PredictionForm form, const Loss& loss) {
  const bool classes = std::holds_alternative<CrossEntropy>(loss);
  if (form == PredictionForm::kAuto)
    return classes ? PredictionForm::kClasses : PredictionForm::kOutputs;
  if (form != PredictionForm::kOutputs && !classes)
    throw UsageError("--as: MODEL's loss is " + loss_name(loss) +
                     ", which knows no classes; its outputs can be had");
  return form;
}

void append(std::string& text, auto value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  text.append(digits, end);
}

// NumPy's format, version 1.0:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
std::string npy_header(const char* type, const std::vector<std::size_t>& shape) {
  std::string extents;
  for (const std::size_t extent : shape) extents += std::to_string(extent) + ", ";
  std::string header = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" +
                       extents + "), }";
  constexpr std::size_t kBefore = 10;  // magic, version, length
  header.append(kNpyAlignment - (kBefore + header.size() + 1) % kNpyAlignment, ' ');
  header += '\n';
  std::string all = "\x93NUMPY\x01";
  all += '\0';
  all += static_cast<char>(header.size() & 0xff);
  all += static_cast<char>(header.size() >> 8);
  return all + header;
}

}  // namespace

void check_prediction_name(const std::filesystem::path& file) { is_csv(file); }

PredictionFile::PredictionFile(const std::filesystem::path& file, const ModelSpec& model,
                               PredictionForm form, std::size_t samples)
    : csv_(is_csv(file)),
      form_(settled(form, model.loss)),
      samples_(samples),
      outputs_(model.criterion().values()),
      classes_(outputs_),
      left_(samples),
      shape_(model.boundaries().back()),
      file_(file) {
  if (std::holds_alternative<CrossEntropy>(model.loss))
    classes_ = static_cast<std::size_t>(shape_.back());
  begin();
}

std::size_t PredictionFile::columns() const {
  return form_ == PredictionForm::kClasses ? outputs_ / classes_ : outputs_;
}

void PredictionFile::begin() {
  const bool classes = form_ == PredictionForm::kClasses;
  if (csv_) {
    const char* const name = classes                                   ? "class"
                             : form_ == PredictionForm::kProbabilities ? "p"
                                                                       : "y";
    for (std::size_t i = 0; i < columns(); ++i) {
      if (i > 0) text_ += ',';
      text_ += name;
      if (columns() > 1) text_ += std::to_string(i);
    }
    text_ += '\n';
  } else {
    std::vector<std::size_t> shape{samples_};
    for (const std::int64_t extent : shape_) shape.push_back(static_cast<std::size_t>(extent));
    if (classes) shape.pop_back();
    text_ = npy_header(classes ? "<i8" : "<f4", shape);
  }
  file_.write(bytes_of(text_));
}

void PredictionFile::add(std::span<const float> outputs) {
  text_.clear();
  for (; !outputs.empty(); outputs = outputs.subspan(outputs_)) write_row(outputs.first(outputs_));
  file_.write(bytes_of(text_));
}

void PredictionFile::write_row(std::span<const float> outputs) {
  MIXNN_CHECK(left_ > 0, "no more rows than samples");
  --left_;
  if (form_ == PredictionForm::kClasses) return write_classes(outputs);
  row_.assign(outputs.begin(), outputs.end());
  if (form_ == PredictionForm::kProbabilities)
    for (std::size_t at = 0; at < outputs_; at += classes_)
      make_probabilities(std::span(row_).subspan(at, classes_));
  write_values(row_);
}

void PredictionFile::write_values(std::span<const float> values) {
  if (!csv_) {
    text_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text_ += ',';
    append(text_, values[i]);
  }
  text_ += '\n';
}

void PredictionFile::write_classes(std::span<const float> outputs) {
  for (std::size_t at = 0; at < outputs_; at += classes_) {
    const auto predicted =
        static_cast<std::int64_t>(predicted_class(outputs.subspan(at, classes_)));
    if (csv_) {
      if (at > 0) text_ += ',';
      append(text_, predicted);
    } else {
      text_.append(reinterpret_cast<const char*>(&predicted), sizeof predicted);
    }
  }
  if (csv_) text_ += '\n';
}

void PredictionFile::commit() {
  MIXNN_CHECK(left_ == 0, "a row for each sample");
  file_.commit();
}

}  // namespace mixnn
