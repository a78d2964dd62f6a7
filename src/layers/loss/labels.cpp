#include "mixnn/layers/loss/labels.hpp"

#include <cstring>

#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

// Rows lie anywhere in the table: nothing aligns them.
template <class T>
T number_at(ConstBytes row, std::size_t index) {
  T value;
  std::memcpy(&value, row.subspan(index * sizeof(T)).first(sizeof(T)).data(), sizeof(T));
  return value;
}

}  // namespace

std::size_t class_at(ElementType type, ConstBytes row, std::size_t index) {
  if (type == ElementType::kUint16) return number_at<std::uint16_t>(row, index);
  MIXNN_CHECK(type == ElementType::kUint8, "labels are numbers of classes");
  return number_at<std::uint8_t>(row, index);
}

float target_at(ElementType type, ConstBytes row, std::size_t index) {
  if (type == ElementType::kFloat32) return number_at<float>(row, index);
  MIXNN_CHECK(type == ElementType::kUint8, "targets are floats or bytes");
  return static_cast<float>(number_at<std::uint8_t>(row, index));
}

}  // namespace mixnn
