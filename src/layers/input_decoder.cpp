#include "mixnn/layers/input_decoder.hpp"

#include <algorithm>
#include <array>

#include "mixnn/layers/image.hpp"

namespace mixnn {

InputDecoder::InputDecoder(const StageSpec& spec, Products products)
    : encoding_(spec.input_encoding()),
      type_(spec.input_type),
      raw_(!spec.input_gradient),
      scale_(spec.scale),
      columns_(static_cast<std::size_t>(element_count(spec.input_shape))),
      products_(products) {
  if (raw_ && channels_last_differs(spec.input_shape)) channels_ = channels_of(spec.input_shape);
  const bool as_they_are = !spec.layers.empty() && spec.layers.front()->takes_indices();
  if (!in_place() && !as_they_are)
    floats_ = AlignedBuffer(static_cast<std::size_t>(spec.max_rows) * columns_ * sizeof(float));
}

void InputDecoder::begin(ConstBytes bytes) {
  if (of_.data() == bytes.data()) of_ = {};
}

void InputDecoder::make_row(ConstBytes row, std::span<float> values) const {
  std::array<float, 512> some;
  const std::size_t size = element_bytes(type_), pixels = columns_ / channels_;
  for (std::size_t channel = 0; channel < channels_; ++channel)
    for (std::size_t from = 0; from < pixels; from += some.size()) {
      const std::size_t count = std::min(some.size(), pixels - from);
      decode_scaled(type_, row.subspan((channel * pixels + from) * size, count * size), scale_,
                    std::span(some).first(count));
      for (std::size_t i = 0; i < count; ++i) values[(from + i) * channels_ + channel] = some[i];
    }
}

ConstMatrix InputDecoder::floats(ConstBytes bytes) {
  const std::size_t size = element_bytes(type_), rows = bytes.size() / encoding_.bytes(1),
                    count = rows * columns_;
  const std::span<float> values = floats_.as<float>(count);
  const bool made = of_.data() == bytes.data() && of_.size() == bytes.size();
  if (!made && channels_ > 1)
    products_.parts(rows, [&](std::size_t row) {
      make_row(bytes.subspan(row * columns_ * size, columns_ * size),
               values.subspan(row * columns_, columns_));
    });
  else if (!made && raw_)
    products_.each(count, [&](std::size_t from, std::size_t n) {
      decode_scaled(type_, bytes.subspan(from * size, n * size), scale_, values.subspan(from, n));
    });
  else if (!made)
    encoding_.decode(bytes, values, products_);
  of_ = bytes;
  return as_matrix(std::span<const float>(values), rows, columns_);
}

}  // namespace mixnn
