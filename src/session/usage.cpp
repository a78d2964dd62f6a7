#include "mixnn/session/usage.hpp"

#include "mixnn/base/process.hpp"

namespace mixnn {

Usage usage_of(ActivityRecorder& activity, const BufferStock& messages, const CellPool& cells) {
  Usage usage;
  usage.wall = activity.times();
  usage.cpu = static_cast<std::uint64_t>(process_cpu_time().count());
  usage.resident = peak_resident_bytes();
  usage.message_bytes = messages.allocated();
  usage.cells = cells.peak();
  usage.cell_limit = cells.capacity();
  return usage;
}

Usage usage_of_both(Usage rounds, ActivityRecorder& computing, const BufferStock& messages) {
  const ActivityTimes times = computing.times();
  for (const Activity activity : {Activity::kCompute, Activity::kOther, Activity::kWait})
    rounds.wall[static_cast<std::size_t>(activity)] = times[static_cast<std::size_t>(activity)];
  rounds.message_bytes += messages.allocated();
  return rounds;
}

std::array<RefusedFrom, 8> worst_refused(const Refusals& refusals) {
  std::array<RefusedFrom, 8> refused{};
  std::size_t i = 0;
  for (const auto& [rank, messages] : refusals.worst(refused.size()))
    refused[i++] = {rank, messages};
  return refused;
}

}  // namespace mixnn
