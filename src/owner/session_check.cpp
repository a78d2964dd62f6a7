#include "mixnn/owner/session_check.hpp"

#include <algorithm>
#include <string>

#include "mixnn/base/error.hpp"
#include "mixnn/owner/training_run.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {
namespace {

void check_ranks(const SessionOptions& session, std::size_t stages, int ranks) {
  const std::size_t needed = ranks_needed(session, stages);
  if (ranks >= 0 && static_cast<std::size_t>(ranks) >= needed) return;
  const bool rounds = session.in_rounds();
  const std::string others = rounds ? std::to_string(needed - 1 - stages) + " others"
                                    : std::to_string(session.hops) + " relays";
  throw UsageError("too few ranks: 1 owner + " + std::to_string(stages) + " stages + " + others +
                   " = " + std::to_string(needed) + ", got " + std::to_string(ranks) +
                   "; start it with mpirun -n " + std::to_string(needed) + " or more" +
                   (rounds ? "" : ", or with fewer --hops"));
}

// What traffic in rounds cannot do, or does in its own way.
void check_rounds(const TrainingOptions& training, const SessionOptions& session,
                  std::size_t stages, int ranks) {
  const std::string with = " with --traffic rounds";
  if (session.hops < 1 || session.hops > RunParameters::kMaxRoundHops)
    throw UsageError("--hops must be between 1 and " +
                     std::to_string(RunParameters::kMaxRoundHops) + with + ", got " +
                     std::to_string(session.hops));
  if (static_cast<std::size_t>(ranks) > kMostRoundRanks)
    throw UsageError("there may be at most " + std::to_string(kMostRoundRanks) + " ranks" + with +
                     ", got " + std::to_string(ranks));
  if (session.padding != Padding::kUniform) throw UsageError("--padding must be uniform" + with);
  if (session.cell_bytes != 0)
    throw UsageError("--cell-size cannot be chosen" + with + ": a slot holds the largest message");
  if (session.schedule != ScheduleKind::k1F1B)
    throw UsageError("--schedule cannot be chosen" + with + ": it follows from public numbers");
  if (!std::holds_alternative<ShuffleMix>(session.mix))
    throw UsageError("--mix cannot be chosen" + with);
  if (session.redraw == Redraw::kBatch && training.staleness > 0)
    throw UsageError(
        "--staleness 1 is without use with --redraw batch: steps do not overlap, as "
        "each has routes of its own");
  // Else a forward and a backward would meet on the one host's circuits.
  const std::size_t most =
      most_micro_batches_of_one_host(static_cast<std::size_t>(ranks), session.allowance);
  if (stages == 1 && training.micro_batches > most)
    throw UsageError("--micro-batches must be at most " + std::to_string(most) +
                     " for one stage among " + std::to_string(ranks) + " ranks" + with + ", got " +
                     std::to_string(training.micro_batches));
  // And those of the next step, whenever it begins.
  if (stages == 1 && training.staleness > 0)
    throw UsageError("--staleness 1 needs two stages on hosts at least" + with);
  const std::size_t needed = choose_round_in_flight(
      training.micro_batches, static_cast<std::size_t>(ranks), session.allowance);
  const bool one_by_one = training.batch_size == 1 && session.in_flight == 1;
  if (session.in_flight < needed && !one_by_one)
    throw UsageError("--in-flight must be at least " + std::to_string(needed) + with + ", got " +
                     std::to_string(session.in_flight));
}

}  // namespace

void check_session(const ModelSpec& model, const TrainingOptions& training,
                   const SessionOptions& session, int ranks) {
  if (model.own.count() >= model.stages.size())
    throw UsageError("the owner would keep all stages of MODEL; at least one must be on a host");
  const std::size_t stages = model.hosted_stages();
  if (session.hops > kMaxHops)
    throw UsageError("--hops must be between 0 and " + std::to_string(kMaxHops) + ", got " +
                     std::to_string(session.hops));
  check_ranks(session, stages, ranks);
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
  if (session.in_rounds()) {
    check_rounds(training, session, stages, ranks);
    if (sizes.cell_bytes > kMaxCellBytes)
      throw UsageError("a slot would have " + std::to_string(sizes.cell_bytes) +
                       " bytes, the limit is " + std::to_string(kMaxCellBytes) +
                       "; take more --micro-batches or a smaller --batch-size");
    return;
  }
  if (session.pace.automatic || session.pace.is_on() || session.allowance != 1)
    throw UsageError("--pace and --allowance are for --traffic rounds");
  if (session.redraw != Redraw::kRun)
    throw UsageError("--redraw is for --traffic rounds: onions have a new route for every message");
  const std::uint64_t step_messages =
      TrainingRun::messages_of_step(training, static_cast<std::size_t>(ranks) - 1);
  if (serials_needed(step_messages, sizes, ranks) > std::uint64_t{1} << session.serial_bits)
    throw UsageError("--cell-size " + std::to_string(sizes.cell_bytes) +
                     " cuts one step into more cells than an epoch can "
                     "number; use larger cells or a smaller batch");
}

}  // namespace mixnn
