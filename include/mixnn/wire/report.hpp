#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "mixnn/base/codec.hpp"
#include "mixnn/wire/lost_cell.hpp"
#include "mixnn/wire/usage.hpp"

namespace mixnn {

// What a rank counted since the start: cells in = forwarded + delivered + rejected.
struct CellCounters {
  std::uint64_t received = 0, sent = 0, forwarded = 0, delivered = 0;
  std::array<std::uint64_t, 6> rejected{};  // by reason

  std::uint64_t all_rejected() const;
};
void describe(auto& codec, Of<CellCounters> auto& c) {
  codec.numbers(c.received, c.sent, c.forwarded, c.delivered);
  codec.numbers(c.rejected);
}

// So many messages that came from one rank were dropped: what is not of the run, or comes again.
struct RefusedFrom {
  std::uint32_t rank = 0;
  std::uint64_t messages = 0;
  bool operator==(const RefusedFrom&) const = default;
};
void describe(auto& codec, Of<RefusedFrom> auto& refused) {
  codec.numbers(refused.rank, refused.messages);
}

// What a rank tells the owner: one cell, zero hops. The owner prints the error: whoever wrote it,
// it must not steer the terminal.
struct Report {
  enum class Type : std::uint8_t { kAcknowledged = 1, kFinal = 2, kError = 3 };
  // Of the request that an inquiry is about (wire/inquiry.hpp): what of it has come to this rank.
  enum class Known : std::uint8_t {
    kNothing = 0,
    kTicket = 1,   // for its answer; not the message
    kMessage = 2,  // not the ticket
    kTicketAndMessage = 3,
    kAnswered = 4,
  };
  static constexpr std::size_t kMaxError = 1000;  // fits the smallest cell
  Type type{};
  Known known{};
  // Of one that answers the beginning of an epoch: the rank's half of a fresh Diffie-Hellman, whose
  // result goes into the keys of the next epoch. Else zeros.
  std::array<std::byte, 32> fresh_key{};
  CellCounters counters;
  std::array<RefusedFrom, 8> refused{};  // the ranks with most, in that order; then zeros
  LostCell lost;
  Usage usage;
  std::string error;
};
void describe(auto& codec, Of<Report> auto& report) {
  codec.choice(report.type, Report::Type::kAcknowledged, Report::Type::kError);
  codec.choice(report.known, Report::Known::kNothing, Report::Known::kAnswered);
  codec.bytes(report.fresh_key);
  codec.nested(report.counters);
  for (auto& refused : report.refused) codec.nested(refused);
  codec.nested(report.lost);
  codec.nested(report.usage);
  codec.text(report.error, Report::kMaxError, TextRule::kMadePlain);
}

}  // namespace mixnn
