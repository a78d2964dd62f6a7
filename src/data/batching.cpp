#include "mixnn/data/batching.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "mixnn/base/check.hpp"
#include "mixnn/base/random.hpp"

namespace mixnn {

std::vector<std::uint32_t> epoch_order(std::size_t samples, std::uint64_t seed,
                                       std::uint32_t epoch) {
  MIXNN_CHECK(samples <= std::numeric_limits<std::uint32_t>::max(),
              "samples are counted in 32 bits");
  std::vector<std::uint32_t> order(samples);
  std::iota(order.begin(), order.end(), 0u);
  CounterRng rng(seed, RandomPurpose::kShuffle, epoch);
  shuffle(std::span(order), rng);
  return order;
}

std::vector<std::size_t> micro_batch_rows(std::size_t rows, std::size_t micro_batches) {
  MIXNN_CHECK(micro_batches >= 1, "at least one micro-batch");
  const std::size_t count = std::min(micro_batches, rows);
  std::vector<std::size_t> split(count);
  for (std::size_t m = 0; m < count; ++m) split[m] = rows / count + (m < rows % count ? 1 : 0);
  return split;
}

std::size_t steps_per_epoch(std::size_t samples, std::size_t batch_size) {
  MIXNN_CHECK(batch_size >= 1, "at least one row a batch");
  return (samples + batch_size - 1) / batch_size;
}

Step step_at(std::span<const std::uint32_t> order, std::size_t step, std::size_t batch_size,
             std::size_t micro_batches) {
  MIXNN_CHECK(step < steps_per_epoch(order.size(), batch_size), "no such step");
  const auto rest = order.subspan(step * batch_size);
  const auto samples = rest.first(std::min(batch_size, rest.size()));
  return {samples, micro_batch_rows(samples.size(), micro_batches)};
}

}  // namespace mixnn
