#include "mixnn/forecast/calibrate_owner.hpp"

#include <algorithm>
#include <numeric>

#include "mixnn/base/buffer.hpp"
#include "mixnn/forecast/repeated_timing.hpp"

namespace mixnn {

LinearCost calibrate_loss(const Criterion& criterion, std::size_t batch) {
  const auto at = [&](std::size_t rows) {
    std::vector<float> outputs(rows * criterion.values(), 0.5f);
    const Table labels = criterion.example_labels(rows);
    return repeated_seconds(
        [&] { criterion.sum(outputs, Labels(labels, 0, rows), 1e-3f, outputs); });
  };
  const std::size_t few = std::max<std::size_t>(1, batch / 4);
  return cost_through(static_cast<double>(few), at(few), static_cast<double>(batch), at(batch));
}

LinearCost calibrate_inputs(const DataSet& data) {
  std::vector<std::uint32_t> order(data.count());
  std::iota(order.begin(), order.end(), 0u);
  AlignedBuffer rows(data.samples.bytes().size());
  const double seconds = repeated_seconds([&] { data.samples.gather(order, rows.bytes()); });
  return {0, seconds / static_cast<double>(data.count())};
}

}  // namespace mixnn
