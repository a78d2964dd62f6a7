#pragma once
#include <cstdint>
#include <span>

#include "mixnn/tensor/table.hpp"

namespace mixnn {

// The labels of some samples, in their order: a view, without a copy, of a table that has a row for
// every sample. What a row says is the loss's affair: a class, a target, a class for each token.
class Labels {
 public:
  Labels(const Table& all, std::span<const std::uint32_t> samples)
      : all_(all), samples_(samples), size_(samples.size()) {}
  Labels(const Table& all, std::size_t first, std::size_t count)
      : all_(all), first_(first), size_(count) {}

  std::size_t size() const { return size_; }
  ElementType type() const { return all_.type(); }
  const Shape& shape() const { return all_.row_shape(); }
  ConstBytes operator[](std::size_t i) const {
    return all_.rows(samples_.empty() ? first_ + i : samples_[i], 1);
  }

 private:
  const Table& all_;
  std::span<const std::uint32_t> samples_;  // empty: a run of rows
  std::size_t first_ = 0, size_;
};

// One number of a row of labels.
std::size_t class_at(ElementType type, ConstBytes row, std::size_t index);  // of whole numbers
float target_at(ElementType type, ConstBytes row, std::size_t index);       // bytes or floats

}  // namespace mixnn
