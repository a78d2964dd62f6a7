#include "mixnn/layers/input_decoder.hpp"

namespace mixnn {

InputDecoder::InputDecoder(const StageSpec& spec, Products products)
    : type_(spec.input_type),
      raw_(!spec.input_gradient),
      scale_(spec.scale),
      columns_(static_cast<std::size_t>(element_count(spec.input_shape))),
      products_(products) {
  const bool as_they_are = !spec.layers.empty() && spec.layers.front()->takes_indices();
  if (!in_place() && !as_they_are)
    floats_ = AlignedBuffer(static_cast<std::size_t>(spec.max_rows) * columns_ * sizeof(float));
}

void InputDecoder::begin(ConstBytes bytes) {
  if (of_.data() == bytes.data()) of_ = {};
}

ConstMatrix InputDecoder::floats(ConstBytes bytes) {
  const std::size_t size = element_bytes(type_), count = bytes.size() / size;
  const std::span<float> values = floats_.as<float>(count);
  if (of_.data() != bytes.data() || of_.size() != bytes.size())
    products_.each(count, [&](std::size_t from, std::size_t n) {
      const ConstBytes part = bytes.subspan(from * size, n * size);
      if (raw_)
        decode_scaled(type_, part, scale_, values.subspan(from, n));
      else
        decode(type_, part, values.subspan(from, n));
    });
  of_ = bytes;
  return as_matrix(std::span<const float>(values), count / columns_, columns_);
}

}  // namespace mixnn
