#include "mixnn/forecast/calibration_inputs.hpp"

#include <algorithm>

#include "mixnn/base/random.hpp"

namespace mixnn {

std::vector<std::byte> random_bytes(std::size_t count) {
  CounterRng rng(0, RandomPurpose::kForecast, 1);
  std::vector<std::byte> bytes(count);
  for (std::byte& b : bytes) b = static_cast<std::byte>(rng.next() & 0xff);
  return bytes;
}

namespace {

// Of samples of one shape.
std::vector<std::byte> random_numbers(ElementType type, const Shape& shape, std::size_t count) {
  const Encoding encoding(type, shape);
  if (is_integer(type)) return random_bytes(encoding.bytes(count));
  CounterRng rng(0, RandomPurpose::kForecast, 2);
  std::vector<float> values(count * static_cast<std::size_t>(element_count(shape)));
  for (float& x : values) x = rng.uniform();
  std::vector<std::byte> bytes(encoding.bytes(count));
  encoding.encode(values, bytes);
  return bytes;
}

// Numbers that the model's first layer takes.
std::vector<std::byte> random_samples(ElementType type, const Shape& shape, std::size_t count,
                                      const LayerDescription& first) {
  std::vector<std::byte> bytes = random_numbers(type, shape, count);
  if (!first.takes_indices()) return bytes;
  const std::size_t size = element_bytes(type), below = first.indices_below();
  for (std::size_t i = 0; i < bytes.size() / size; ++i) {
    const std::size_t index = integer_at(type, bytes, i) % below;
    for (std::size_t b = 0; b < size; ++b)
      bytes[i * size + b] = static_cast<std::byte>(index >> (8 * b) & 0xff);
  }
  return bytes;
}

}  // namespace

AlignedBuffer random_input(const StageSpec& spec, std::size_t rows) {
  AlignedBuffer input(spec.input_bytes(rows));
  copy_bytes(random_samples(spec.input_type, spec.input_shape, rows, *spec.layers.front()),
             input.bytes());
  return input;
}

DataPair random_data(const ModelSpec& model, std::size_t count) {
  DataPair data;
  data.train.samples = Table(
      model.input_type, model.input_shape,
      random_samples(model.input_type, model.input_shape, count, *model.stages.front().front()));
  data.train.labels = model.criterion().example_labels(count);
  return data;
}

std::size_t rows_for(double products_of_row, double products, std::size_t batch) {
  const double rows = products / std::max(1.0, products_of_row);
  return std::clamp(static_cast<std::size_t>(std::min(rows, 1e9)), std::min<std::size_t>(16, batch),
                    batch);
}

}  // namespace mixnn
