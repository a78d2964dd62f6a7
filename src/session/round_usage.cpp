#include "mixnn/session/round_usage.hpp"

#include "mixnn/base/process.hpp"
#include "mixnn/base/stall_watch.hpp"

namespace mixnn {

Usage round_usage(const Exchanger& exchanger, ActivityRecorder& activity, std::size_t pool_cells) {
  Usage usage;
  usage.wall = activity.times();
  usage.cpu = static_cast<std::uint64_t>(process_cpu_time().count());
  usage.resident = peak_resident_bytes();
  usage.message_bytes = exchanger.stock().allocated();
  usage.cells = exchanger.pool_peak();
  usage.cell_limit = pool_cells;
  return usage;
}

std::array<RefusedFrom, 8> worst_refused(const Refusals& refusals) {
  std::array<RefusedFrom, 8> refused{};
  std::size_t i = 0;
  for (const auto& [rank, messages] : refusals.worst(refused.size()))
    refused[i++] = {rank, messages};
  return refused;
}

}  // namespace mixnn
