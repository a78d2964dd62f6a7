#include "mixnn/data/number_tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kAtOnce = 4096;
constexpr double kMostWord = 65535, kMostExact = 16'777'216;  // of a float: 2^24

std::string number_text(double value) { return text("%.12g", value); }

// Calls `visit(index, number)` for all, in order.
template <class Visit>
void each_number(const NumberArray& array, const Visit& visit) {
  std::vector<double> block(kAtOnce);
  for (std::size_t first = 0; first < array.count(); first += kAtOnce) {
    const std::size_t some = std::min(kAtOnce, array.count() - first);
    decode_numbers(array, first, std::span(block).first(some));
    for (std::size_t i = 0; i < some; ++i) visit(first + i, block[i]);
  }
}

[[noreturn]] void fail_at(const NumberArray& array, std::size_t index, const std::string& why) {
  const std::size_t row = index / (array.count() / array.rows());
  array.fail("row " + std::to_string(row) + " " + why);
}

// How far the numbers of some arrays reach.
struct Reach {
  bool real = false, bytes = true, words = true;

  void add(const NumberArray& array) {
    real = real || is_real(array.type);
    bytes = bytes && array.type == NumberType::kUint8;
    if (real) return;
    const bool fits = array.type == NumberType::kUint8 || array.type == NumberType::kUint16;
    if (fits) return;
    each_number(array, [&](std::size_t, double value) {
      words = words && value >= 0 && value <= kMostWord;
    });
  }
};

ElementType type_of(const Reach& reach) {
  if (reach.real) return ElementType::kFloat32;
  if (reach.bytes) return ElementType::kUint8;
  return reach.words ? ElementType::kUint16 : ElementType::kFloat32;
}

bool is_as_it_lies(const NumberArray& array, ElementType type) {
  switch (type) {
    case ElementType::kUint8:
      return array.type == NumberType::kUint8;
    case ElementType::kUint16:
      return array.type == NumberType::kUint16 && !array.big_endian;
    case ElementType::kFloat32:
      return array.type == NumberType::kFloat32 && !array.big_endian;
    case ElementType::kBfloat16:
    case ElementType::kInt8:
      return false;
  }
  return false;
}

template <class T>
HeldBytes converted(const NumberArray& array) {
  std::vector<std::byte> bytes(array.count() * sizeof(T));
  each_number(array, [&](std::size_t i, double value) {
    const T number = static_cast<T>(value);
    std::memcpy(bytes.data() + i * sizeof(T), &number, sizeof(T));
  });
  return HeldBytes::of(std::move(bytes));
}

void check_floats(const NumberArray& array) {
  each_number(array, [&](std::size_t i, double value) {
    if (!std::isfinite(static_cast<float>(value)))
      fail_at(array, i,
              std::isnan(value) ? "has a NaN; numbers must be finite"
                                : "has a number that is too large for float32");
    if (!is_real(array.type) && std::abs(value) > kMostExact)
      fail_at(array, i,
              "has the number " + number_text(value) +
                  ", which float32 does not hold exactly; scale the data first");
  });
}

// Numbers that are known to fit.
Table table_of(const NumberArray& array, ElementType type, Shape row_shape) {
  if (is_as_it_lies(array, type)) return {type, std::move(row_shape), array.held};
  HeldBytes held = type == ElementType::kUint8    ? converted<std::uint8_t>(array)
                   : type == ElementType::kUint16 ? converted<std::uint16_t>(array)
                                                  : converted<float>(array);
  return {type, std::move(row_shape), std::move(held)};
}

Table samples_of(const NumberArray& array, ElementType type) {
  if (type == ElementType::kFloat32) check_floats(array);
  return table_of(array, type, array.row_shape());
}

Table classes_of(const NumberArray& array) {
  if (array.type == NumberType::kUint8)
    return table_of(array, ElementType::kUint8, array.row_shape());
  double largest = 0;
  each_number(array, [&](std::size_t i, double value) {
    if (!(value >= 0 && value <= kMostWord && value == std::floor(value)))
      fail_at(array, i,
              "has the label " + number_text(value) +
                  ", but MODEL's loss takes classes, from 0 to 65535");
    largest = std::max(largest, value);
  });
  return table_of(array, largest < 256 ? ElementType::kUint8 : ElementType::kUint16,
                  array.row_shape());
}

Table targets_of(const NumberArray& array) {
  check_floats(array);
  Shape row = array.row_shape();
  if (row.empty()) row.push_back(1);
  return table_of(array, ElementType::kFloat32, row);
}

DataSet set_of(const RawSet& raw, ElementType type, const DataRequest& request) {
  if (raw.labels.rows() != raw.samples.rows())
    raw.labels.fail("has " + std::to_string(raw.labels.rows()) + " labels, but " +
                    std::filesystem::path(raw.samples.name).filename().string() + " has " +
                    std::to_string(raw.samples.rows()) + " samples");
  return {samples_of(raw.samples, type),
          request.labels_classes ? classes_of(raw.labels) : targets_of(raw.labels)};
}

}  // namespace

Table sample_table(const NumberArray& samples) {
  Reach reach;
  reach.add(samples);
  return samples_of(samples, type_of(reach));
}

DataPair tables_of(RawSet train, RawSet test, const DataRequest& request) {
  Reach reach;
  reach.add(train.samples);
  reach.add(test.samples);
  const ElementType type = type_of(reach);
  DataPair pair;
  pair.train = set_of(train, type, request);
  train = {};
  pair.test = set_of(test, type, request);
  return pair;
}

}  // namespace mixnn
