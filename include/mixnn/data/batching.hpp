#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mixnn {

// Sample indices of one epoch in training order: a permutation drawn from (seed, epoch) alone.
std::vector<std::uint32_t> epoch_order(std::size_t samples, std::uint64_t seed,
                                       std::uint32_t epoch);

// Splits `rows` into min(micro_batches, rows) micro-batches; the first (rows mod M) are one row
// longer.
std::vector<std::size_t> micro_batch_rows(std::size_t rows, std::size_t micro_batches);

// One step: a view of the epoch's order, and how it splits. The last step of an epoch may be
// shorter.
struct Step {
  std::span<const std::uint32_t> samples;
  std::vector<std::size_t> micro_batch_rows;
};
std::size_t steps_per_epoch(std::size_t samples, std::size_t batch_size);
Step step_at(std::span<const std::uint32_t> order, std::size_t step, std::size_t batch_size,
             std::size_t micro_batches);

}  // namespace mixnn
