#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "mixnn/base/codec.hpp"
#include "mixnn/wire/description.hpp"

namespace mixnn {

// What one rank wrote down of its own traffic (--wire-log), to be audited. It breaks what the
// traffic hides, on purpose: it is the owner's own tool, on machines that are all the owner's.
//
// A file is a head (16 bytes "mixnn wire log 1", u32 rank, u32 ranks), then entries in the order in
// which they happened, each a u8 LogEntry and what it describes, and at last kEnd and u64 the
// number of entries before it: without that the file is not whole.
enum class LogEntry : std::uint8_t { kCell = 1, kMessage = 2, kStep = 3, kEnd = 255 };
inline constexpr std::string_view kWireLogHead = "mixnn wire log 1";
inline constexpr std::uint32_t kMostLoggedRanks = 100'000;

// A cell that the rank took from another, or sent to one.
struct LoggedCell {
  std::uint64_t time_ns = 0;  // of the rank's steady clock: taken in, or handed to the transport
  // Its first ten bytes, which say in rounds what slot it is, in the clear (docs/rounds.md).
  std::uint64_t exchange = 0;
  std::uint8_t round = 0, draw = 0;
  std::uint32_t bytes = 0;
  std::uint32_t peer = 0;
  // Of a cell taken: its number, from 1. Of one sent: that of the cell taken that it was, or 0 if
  // it is the rank's own.
  std::uint32_t taken = 0;
  bool sent = false;
};
void describe(auto& codec, Of<LoggedCell> auto& cell) {
  codec.numbers(cell.time_ns, cell.exchange, cell.round, cell.draw);
  codec.numbers(cell.bytes, cell.peer, cell.taken);
  codec.flag(cell.sent);
}

// The entry for a cell of these bytes.
LoggedCell logged_cell(std::uint64_t time_ns, std::uint32_t peer, bool sent, std::uint32_t taken,
                       ConstBytes bytes);

// A message of the rank's own.
struct LoggedMessage {
  enum class Way : std::uint8_t { kHandedOut, kAnswered };
  std::uint64_t time_ns = 0;
  Way way{};
  Label label;
};
void describe(auto& codec, Of<LoggedMessage> auto& message) {
  codec.number(message.time_ns);
  codec.choice(message.way, LoggedMessage::Way::kHandedOut, LoggedMessage::Way::kAnswered);
  codec.nested(message.label);
}

// The owner alone: when training began (step 0), and when each step had ended (from 1).
struct LoggedStep {
  std::uint64_t time_ns = 0;
  std::uint64_t steps = 0;
};
void describe(auto& codec, Of<LoggedStep> auto& step) { codec.numbers(step.time_ns, step.steps); }

struct WireLog {
  std::uint32_t rank = 0, ranks = 0;
  // Each in the order in which they happened.
  std::vector<LoggedCell> cells;
  std::vector<LoggedMessage> messages;
  std::vector<LoggedStep> steps;
};

// Throws UsageError, with the file and what is wrong with it.
WireLog read_wire_log(const std::filesystem::path& file);

// In a run's folder.
std::filesystem::path wire_log_file(const std::filesystem::path& folder, std::uint32_t rank);

}  // namespace mixnn
