#include "mixnn/session/run_parameters.hpp"

#include <algorithm>

#include "mixnn/wire/assembly.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kAutoBodyBytes = std::size_t{128} << 10;
constexpr std::size_t kPostedReceives = 64;
constexpr std::uint64_t kMaxPoolBytes = std::uint64_t{1} << 40;  // taken only as it is needed

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

}  // namespace

void write(const RunParameters& p, ByteWriter& writer) {
  writer.put(p.suite);
  writer.put(p.cell_bytes);
  writer.put(p.pool_cells);
  writer.put(p.serial_bits);
  writer.put(static_cast<std::uint32_t>(p.mix.threshold));
  writer.put(static_cast<std::int64_t>(p.mix.deadline.count()));
  writer.put(p.trace_events);
}

std::optional<RunParameters> read_run_parameters(ByteReader& reader) {
  RunParameters p;
  p.suite = reader.get<AeadSuite>();
  p.cell_bytes = reader.get<std::uint32_t>();
  p.pool_cells = reader.get<std::uint32_t>();
  p.serial_bits = reader.get<std::uint8_t>();
  p.mix.threshold = reader.get<std::uint32_t>();
  p.mix.deadline = Nanoseconds(reader.get<std::int64_t>());
  p.trace_events = reader.get<std::uint32_t>();
  if (!reader.ok() || p.mix.threshold == 0 || p.cell_bytes < kMinCellBytes ||
      p.cell_bytes > kMaxCellBytes)
    return std::nullopt;
  if (p.suite != AeadSuite::kAes256Gcm && p.suite != AeadSuite::kChaCha20Poly1305)
    return std::nullopt;
  if (p.pool_cells == 0 || std::uint64_t{p.pool_cells} * p.cell_bytes > kMaxPoolBytes)
    return std::nullopt;
  if (p.trace_events > kMaxTraceEvents) return std::nullopt;
  if (p.serial_bits < 2 || p.serial_bits > 40 || p.serial_bits % 2 != 0) return std::nullopt;
  return p;
}

std::uint32_t MessageSizes::cells_for(std::size_t message_bytes) const {
  MIXNN_CHECK(message_bytes <= capacity(), "a message larger than the run's largest");
  return static_cast<std::uint32_t>(
      padding == Padding::kUniform ? cells : mixnn::cells_for(message_bytes, body_bytes()));
}

std::size_t largest_row_bytes(const ModelSpec& model, ElementType wire) {
  std::size_t largest = 1;
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    const StageSpec stage = model.stage(i, 1, {}, wire);
    largest = std::max({largest, stage.input_bytes(1), stage.output_bytes(1)});
  }
  return largest;
}

MessageSizes message_sizes(const ModelSpec& model, const TrainingOptions& training,
                           const SessionOptions& session) {
  const std::size_t largest = training.max_rows() * largest_row_bytes(model, training.wire);
  MessageSizes sizes;
  sizes.padding = session.padding;
  sizes.cell_bytes = session.cell_bytes;
  if (sizes.cell_bytes == 0) {
    const std::size_t cells = cells_for(largest, kAutoBodyBytes);
    sizes.cell_bytes =
        kBodyOffset + std::max(kMinBodyBytes, round_up((largest + cells - 1) / cells, 64));
  }
  sizes.cells = cells_for(largest, sizes.body_bytes());
  return sizes;
}

std::uint32_t pool_cells(const MessageSizes& sizes, const SessionOptions& session, int ranks) {
  const auto others = static_cast<std::size_t>(ranks - 1);
  const std::size_t messages = session.in_flight + kBooksUnderWay * others;
  return static_cast<std::uint32_t>(2 * (messages * sizes.cells + (1 + kReserveTickets) * others) +
                                    kPostedReceives);
}

std::uint64_t serials_needed(std::uint64_t messages, const MessageSizes& sizes, int ranks) {
  return messages * sizes.cells + 8 * kReserveTickets * static_cast<std::uint64_t>(ranks);
}

}  // namespace mixnn
