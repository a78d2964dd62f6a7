#include "mixnn/session/automatic.hpp"

#include <algorithm>
#include <cmath>

namespace mixnn {
namespace {

constexpr std::size_t kMostMicroBatches = 64, kLeastInFlight = 16, kMostInFlight = 4096;
constexpr std::size_t kWorthTwo = 64;  // rows of a batch

// Seconds, on one core of a server of 2023. A change here changes the bits of runs that leave the
// number to the program.
constexpr double kChange = 10e-6;         // of ranks, at one hop
constexpr double kParameter = 0.9e-9;     // read once more, and its gradient added to
constexpr double kLayerByte = 1 / 9.8e9;  // one byte under one layer of sealing
constexpr double kBytesOfValue = 4;
// In rounds, with three hops: a rank in an exchange, a slot and a byte of it, over all its rounds;
// hosts among ranks but the owner; and as many parameters as values in a row would have are those
// of a product, not of other layers.
constexpr double kRank = 60e-6, kSlot = 0.5e-6, kSlotByte = 1.2e-9, kHostsOfRanks = 0.5;
constexpr double kMostParameters = 1 << 20;

}  // namespace

std::vector<std::size_t> micro_batch_candidates(std::size_t batch_size) {
  std::vector<std::size_t> candidates;
  for (std::size_t m = 1; m <= std::min(batch_size, kMostMicroBatches); m *= 2)
    candidates.push_back(m);
  return candidates;
}

std::size_t choose_micro_batches(std::size_t batch_size, std::size_t row_bytes, std::size_t hops) {
  const auto bytes = static_cast<double>(row_bytes), h = static_cast<double>(hops);
  const double values = bytes / kBytesOfValue,
               layers = 2 * h + 4;  // put on and taken off (onion/format.hpp)
  const double sealing = static_cast<double>(batch_size) * bytes * layers * kLayerByte;
  const double each = (h + 1) * kChange + values * values * kParameter;
  // The sum each * m + sealing / m is least at m = sqrt(sealing / each).
  std::size_t m = batch_size >= kWorthTwo ? 2 : 1;
  while (m * 2 <= std::min(batch_size, kMostMicroBatches) &&
         static_cast<double>(m * m) * each < sealing)
    m *= 2;
  return m;
}

std::size_t choose_round_micro_batches(std::size_t batch_size, std::size_t row_bytes,
                                       std::size_t ranks, std::size_t value_bytes, bool overlap) {
  const auto n = static_cast<double>(ranks), bytes = static_cast<double>(row_bytes);
  const double values = bytes / static_cast<double>(value_bytes);
  const double parameters = std::min(values * values, kMostParameters);
  const auto seconds = [&](std::size_t m) {
    const auto micro_batches = static_cast<double>(m);
    const double rows = std::ceil(static_cast<double>(batch_size) / micro_batches);
    const double alone = micro_batches + 2 * n - 3, slots = n * (n - 1);
    const double exchanges = overlap ? std::max(micro_batches, alone / 2) : alone;
    return exchanges * (n * kRank + slots * (kSlot + kSlotByte * rows * bytes)) +
           micro_batches * kHostsOfRanks * (n - 1) * parameters * kParameter;
  };
  std::size_t best = 1;
  for (const std::size_t m : micro_batch_candidates(batch_size))
    if (seconds(m) < seconds(best)) best = m;
  return best;
}

std::size_t choose_in_flight(std::size_t hops, std::size_t ranks) {
  const std::size_t stages = ranks > 1 + hops ? ranks - 1 - hops : 0;
  return std::clamp(2 * stages, kLeastInFlight, kMostInFlight);
}

std::size_t choose_round_in_flight(std::size_t micro_batches, std::size_t ranks,
                                   std::size_t allowance) {
  return std::min(4 * micro_batches + 2 * allowance * ranks, kMostInFlight);
}

}  // namespace mixnn
