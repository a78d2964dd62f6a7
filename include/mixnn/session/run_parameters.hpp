#pragma once
#include <cstdint>

#include "mixnn/base/codec.hpp"
#include "mixnn/crypto/aead.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/onion/format.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

inline constexpr std::size_t kTracePartBytes = 4096;  // in rounds, where a lane carries it

// What every rank is told alike when the run begins. Nothing here depends on the number of stages,
// nor on who does what.
struct RunParameters {
  static constexpr std::uint64_t kMaxPoolBytes = std::uint64_t{1} << 40;  // taken as it is needed
  static constexpr unsigned kMaxSerialBits = 28;  // a bit a serial, taken at once: 32 MiB
  static constexpr unsigned kMaxRoundHops = 3;
  static constexpr std::uint32_t kMostPatienceMs = 20'000;
  AeadSuite suite{};
  std::uint32_t cell_bytes = 0;
  std::uint32_t pool_cells = 0;  // that a rank may need at once
  std::uint8_t serial_bits = 0;
  MixStrategy mix;
  std::uint32_t trace_events = 0;  // that a rank keeps; 0: no trace
  TrafficKind traffic = TrafficKind::kOnion;
  std::uint8_t hops = 0;
  // In rounds alone: after so long a slot is missing (RoundSetting); docs/rounds.md, "Schedule",
  // "Pace".
  std::uint32_t patience_ms = kMostPatienceMs;
  std::uint8_t allowance = 1;
  std::uint64_t period_ns = 0;  // of a round; 0: no pace

  std::size_t body_bytes() const { return mixnn::body_bytes(cell_bytes); }
  Nanoseconds period() const { return Nanoseconds(period_ns); }
};
void describe(auto& codec, Of<RunParameters> auto& p) {
  codec.choice(p.suite, AeadSuite::kAes256Gcm, AeadSuite::kChaCha20Poly1305);
  codec.numbers(p.cell_bytes, p.pool_cells, p.serial_bits);
  codec.via(p.mix, numbers_of, mix_from<0>);
  codec.number(p.trace_events);
  codec.require(p.cell_bytes >= kMinCellBytes && p.cell_bytes <= kMaxCellBytes);
  codec.require(p.pool_cells > 0 &&
                std::uint64_t{p.pool_cells} * p.cell_bytes <= RunParameters::kMaxPoolBytes);
  codec.require(p.serial_bits >= 2 && p.serial_bits <= RunParameters::kMaxSerialBits &&
                p.serial_bits % 2 == 0);
  codec.require(p.trace_events <= kMaxTraceEvents);
  codec.choice(p.traffic, TrafficKind::kOnion, TrafficKind::kRounds);
  codec.number(p.hops);
  codec.require(p.traffic == TrafficKind::kOnion
                    ? p.hops <= kMaxHops
                    : p.hops >= 1 && p.hops <= RunParameters::kMaxRoundHops);
  if (p.traffic != TrafficKind::kRounds) return;
  codec.numbers(p.patience_ms, p.allowance, p.period_ns);
  codec.require(p.patience_ms > 0 && p.patience_ms <= RunParameters::kMostPatienceMs);
  codec.require(p.allowance >= 1 && p.allowance <= kMostAllowance);
  codec.require(p.period_ns <= static_cast<std::uint64_t>(kMostPeriod.count()));
}

// A third of the timeout, and not more than that.
std::uint32_t patience_ms(Nanoseconds timeout);

// How large messages are in this run. Owner's knowledge; ranks see only the cell size.
struct MessageSizes {
  std::size_t cell_bytes = 0;
  std::size_t cells = 0;  // of every message with uniform padding, of the largest without
  Padding padding = Padding::kUniform;
  TrafficKind traffic = TrafficKind::kOnion;

  std::size_t body_bytes() const;  // of a message in one cell
  std::size_t capacity() const { return cells * body_bytes(); }
  std::uint32_t cells_for(std::size_t message_bytes) const;
};
// Bytes of one sample of the largest tensor between stages, in this type, of raw inputs and of
// outputs: whoever computes the stages. A public number.
std::size_t largest_row_bytes(const ModelSpec& model, ElementType wire);
// The largest tensor that is sent decides: what lies between the owner's own stages is not. With an
// automatic cell size it is cut into equal cells of at most 128 KiB: smaller ones let hops overlap,
// but each costs headers and a hand-over at every hop, and forecasts show no clear gain. Where
// messages are not padded to one size it is cut into eight, if these have 4 KiB, so that smaller
// messages are less.
MessageSizes message_sizes(const ModelSpec& model, const TrainingOptions& training,
                           const SessionOptions& session);

// Cells that a rank may hold at once, from public numbers alone: every message that the owner may
// have under way (session.in_flight, two ticket books for each other rank, two more where a rank
// opens a window), twice over for what is being sent, and the control cells.
std::uint32_t pool_cells(const MessageSizes& sizes, const SessionOptions& session, int ranks);
// Serials of one node that `messages` may use up, together with an epoch's control cells.
std::uint64_t serials_needed(std::uint64_t messages, const MessageSizes& sizes, int ranks);
// Of one cell at one node: it may pass it as a relay and have it as its receiver.
inline constexpr std::uint64_t kSerialsOfCell = 2;
inline constexpr std::size_t kBooksUnderWay = 2;  // for each rank
inline constexpr std::size_t kReserveTickets =
    2;  // that each rank holds in each epoch, to report an error at any time

}  // namespace mixnn
