#include "mixnn/session/run_parameters.hpp"

#include <algorithm>

#include "mixnn/rounds/slot.hpp"
#include "mixnn/wire/assembly.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kAutoBodyBytes = std::size_t{128} << 10;
// Of the largest message, where shorter ones have fewer: a piece less is worth its headers.
constexpr std::size_t kPieces = 8, kLeastPiece = 12 << 10;
constexpr std::size_t kPostedReceives = 64;
// Of the owner's serials, for each rank in an epoch: 1 + kReserveTickets reports with the epoch,
// then one answer to each settling, pause, resume, stop and part of a trace. `compare` asks most
// often: it settles, rests and wakes all ranks around each turn of the baseline, about ten times in
// an epoch.
constexpr std::uint64_t kControlSerials = 40;

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

std::size_t largest_of_stages(const ModelSpec& model, std::size_t from, std::size_t count,
                              ElementType wire) {
  std::size_t largest = 1;
  for (std::size_t i = from; i < from + count; ++i) {
    const StageSpec stage = model.stage(i, 1, {}, wire);
    largest = std::max({largest, stage.input_bytes(1), stage.output_bytes(1)});
  }
  return largest;
}

}  // namespace

std::uint32_t patience_ms(Nanoseconds timeout) {
  const auto third = std::chrono::duration_cast<std::chrono::milliseconds>(timeout / 3).count();
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(third, 1, RunParameters::kMostPatienceMs));
}

std::size_t MessageSizes::body_bytes() const {
  return traffic == TrafficKind::kRounds ? slot_capacity(cell_bytes)
                                         : mixnn::body_bytes(cell_bytes);
}

std::uint32_t MessageSizes::cells_for(std::size_t message_bytes) const {
  MIXNN_CHECK(message_bytes <= capacity(), "a message larger than the run's largest");
  return static_cast<std::uint32_t>(
      padding == Padding::kUniform ? cells : mixnn::cells_for(message_bytes, body_bytes()));
}

std::size_t largest_row_bytes(const ModelSpec& model, ElementType wire) {
  return largest_of_stages(model, 0, model.stages.size(), wire);
}

MessageSizes message_sizes(const ModelSpec& model, const TrainingOptions& training,
                           const SessionOptions& session) {
  const std::size_t largest =
      training.max_rows() *
      largest_of_stages(model, model.own.first, model.hosted_stages(), training.wire);
  MessageSizes sizes;
  sizes.padding = session.padding;
  sizes.traffic = session.traffic;
  if (session.in_rounds()) {  // each in one slot
    sizes.cells = 1;
    sizes.cell_bytes = slot_bytes(std::max(largest, kMinCellBytes));
    return sizes;
  }
  sizes.cell_bytes = session.cell_bytes;
  if (sizes.cell_bytes == 0) {
    std::size_t cells = cells_for(largest, kAutoBodyBytes);
    if (session.padding == Padding::kCells)
      cells = std::max(cells, std::min(kPieces, largest / kLeastPiece));
    sizes.cell_bytes =
        kBodyOffset + std::max(kMinBodyBytes, round_up((largest + cells - 1) / cells, 64));
  }
  sizes.cells = cells_for(largest, sizes.body_bytes());
  return sizes;
}

std::uint32_t pool_cells(const MessageSizes& sizes, const SessionOptions& session, int ranks) {
  if (session.in_rounds())
    return static_cast<std::uint32_t>(round_pool_cells(static_cast<std::size_t>(ranks)));
  const auto others = static_cast<std::size_t>(ranks - 1);
  const std::size_t messages = session.in_flight + kBooksUnderWay * (others + 1);
  return static_cast<std::uint32_t>(2 * (messages * sizes.cells + (1 + kReserveTickets) * others) +
                                    kPostedReceives);
}

std::uint64_t serials_needed(std::uint64_t messages, const MessageSizes& sizes, int ranks) {
  return messages * sizes.cells * kSerialsOfCell +
         kControlSerials * static_cast<std::uint64_t>(ranks);
}

}  // namespace mixnn
