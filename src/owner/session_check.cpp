#include "mixnn/owner/session_check.hpp"

#include <algorithm>
#include <string>

#include "mixnn/base/error.hpp"
#include "mixnn/owner/training_run.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {

void check_session(const ModelSpec& model, const TrainingOptions& training,
                   const SessionOptions& session, int ranks) {
  if (model.own.count() >= model.stages.size())
    throw UsageError("the owner would keep all stages of MODEL; at least one must be on a host");
  const std::size_t stages = model.hosted_stages();
  if (session.hops > kMaxHops)
    throw UsageError("--hops must be between 0 and " + std::to_string(kMaxHops) + ", got " +
                     std::to_string(session.hops));
  const std::size_t needed = 1 + stages + session.hops;
  if (ranks < 0 || static_cast<std::size_t>(ranks) < needed)
    throw UsageError("too few ranks: 1 owner + " + std::to_string(stages) + " stages + " +
                     std::to_string(session.hops) + " relays = " + std::to_string(needed) +
                     ", got " + std::to_string(ranks) + "; start it with mpirun -n " +
                     std::to_string(needed) + " or more, or with fewer --hops");
  if (training.micro_batches == 0 || training.micro_batches > training.batch_size)
    throw UsageError("--micro-batches must be between 1 and the batch size " +
                     std::to_string(training.batch_size) + ", got " +
                     std::to_string(training.micro_batches));
  if (session.cell_bytes != 0 &&
      (session.cell_bytes < kMinCellBytes || session.cell_bytes > kMaxCellBytes))
    throw UsageError("--cell-size must be between " + std::to_string(kMinCellBytes) + " and " +
                     std::to_string(kMaxCellBytes) + " bytes, got " +
                     std::to_string(session.cell_bytes));
  std::size_t largest = 0;
  for (std::size_t i = 0; i < stages; ++i)
    largest = std::max(largest,
                       model.stage(model.own.first + i, 1, {}).parameter_count() * sizeof(float));
  if (session.stage_bytes != 0 && session.stage_bytes < largest)
    throw UsageError("--stage-bytes must be at least the largest stage's " +
                     std::to_string(largest) + " bytes of parameters, got " +
                     std::to_string(session.stage_bytes));
  const MessageSizes sizes = message_sizes(model, training, session);
  const std::uint64_t step_messages =
      TrainingRun::messages_of_step(training, static_cast<std::size_t>(ranks) - 1);
  if (serials_needed(step_messages, sizes, ranks) > std::uint64_t{1} << session.serial_bits)
    throw UsageError("--cell-size " + std::to_string(sizes.cell_bytes) +
                     " cuts one step into more cells than an epoch can "
                     "number; use larger cells or a smaller batch");
}

}  // namespace mixnn
