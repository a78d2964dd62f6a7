#include "mixnn/forecast/calibrate_owner.hpp"

#include <algorithm>
#include <numeric>

#include "mixnn/base/buffer.hpp"
#include "mixnn/forecast/repeated_timing.hpp"
#include "mixnn/layers/loss.hpp"

namespace mixnn {

LinearCost calibrate_loss(std::size_t classes, std::size_t batch) {
  const auto at = [&](std::size_t rows) {
    std::vector<float> logits(rows * classes, 0.5f);
    const std::vector<std::uint8_t> labels(rows, 0);
    return repeated_seconds([&] { softmax_cross_entropy(logits, labels, classes, 1e-3f, logits); });
  };
  const std::size_t few = std::max<std::size_t>(1, batch / 4);
  return cost_through(static_cast<double>(few), at(few), static_cast<double>(batch), at(batch));
}

LinearCost calibrate_inputs(const DataSet& data) {
  std::vector<std::uint32_t> order(data.count());
  std::iota(order.begin(), order.end(), 0u);
  AlignedBuffer rows(data.inputs.size());
  const double seconds = repeated_seconds([&] { data.gather(order, rows.bytes()); });
  return {0, seconds / static_cast<double>(data.count())};
}

}  // namespace mixnn
