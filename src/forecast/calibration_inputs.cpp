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

AlignedBuffer random_input(const StageSpec& spec, std::size_t rows) {
  AlignedBuffer input(spec.input_bytes(rows));
  if (spec.input_type == ElementType::kUint8) {
    copy_bytes(random_bytes(input.size()), input.bytes());
    return input;
  }
  CounterRng rng(0, RandomPurpose::kForecast, 2);
  std::vector<float> values(input.size() / element_bytes(spec.input_type));
  for (float& x : values) x = rng.uniform();
  encode(spec.input_type, values, input.bytes());
  return input;
}

DataPair random_data(const ModelSpec& model, std::size_t count) {
  DataPair data;
  data.train.sample_shape = model.input_shape;
  for (const std::byte b :
       random_bytes(count * static_cast<std::size_t>(element_count(model.input_shape))))
    data.train.inputs.push_back(static_cast<std::uint8_t>(b));
  for (std::size_t i = 0; i < count; ++i)
    data.train.labels.push_back(
        static_cast<std::uint8_t>(i % static_cast<std::size_t>(model.classes())));
  return data;
}

std::size_t rows_for(double products_of_row, double products, std::size_t batch) {
  const double rows = products / std::max(1.0, products_of_row);
  return std::clamp(static_cast<std::size_t>(std::min(rows, 1e9)), std::min<std::size_t>(16, batch),
                    batch);
}

}  // namespace mixnn
