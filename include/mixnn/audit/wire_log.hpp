#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mixnn/base/codec.hpp"
#include "mixnn/wire/description.hpp"

namespace mixnn {

// What one rank wrote down of its own traffic (--wire-log), to be audited. It breaks what the
// traffic hides, on purpose: it is the owner's own tool, on machines that are all the owner's.

// A cell that the rank took from another, or sent to one.
struct LoggedCell {
  std::uint64_t time_ns = 0;  // of the rank's steady clock: taken in, or handed to the transport
  std::uint64_t exchange = 0;  // its first eight bytes: in rounds, where they stand in the clear
  std::uint32_t bytes = 0;
  std::uint32_t peer = 0;
  std::uint32_t taken = 0;  // of a cell taken: its number, from 1. Of one sent: of the cell taken
                            // that it was, or 0: it is the rank's own
  bool sent = false;
  std::uint8_t round = 0;  // the ninth byte, as `exchange`
};

// A message of the rank's own.
struct LoggedMessage {
  enum class Way : std::uint8_t { kHandedOut, kAnswered };
  std::uint64_t time_ns = 0;
  Way way{};
  Label label;
};

// The owner alone: when training began (step 0), and when each step had ended (from 1).
struct LoggedStep {
  std::uint64_t time_ns = 0;
  std::uint64_t steps = 0;
};

struct WireLog {
  std::uint32_t rank = 0, ranks = 0;
  // Each in the order in which they happened.
  std::vector<LoggedCell> cells;
  std::vector<LoggedMessage> messages;
  std::vector<LoggedStep> steps;
};

// What only the owner knows of a run: the truth that an audit compares with.
struct WireTruth {
  // A rank's clock: to be taken off its times, and known to half of the round trip.
  struct RankClock {
    std::int64_t offset_ns = 0;
    std::uint64_t round_trip_ns = 0;  // 0: the owner's own clock
  };
  std::vector<std::uint32_t> hosts;  // the rank of each stage, by stage
  std::string model, traffic;        // "onion" or "rounds"
  std::uint32_t ranks = 0, batch = 0, micro_batches = 0, hops = 0;
  std::vector<RankClock> clocks;  // by rank
};

// The files of a run's folder.
std::filesystem::path wire_log_file(const std::filesystem::path& folder, std::uint32_t rank);
std::filesystem::path wire_truth_file(const std::filesystem::path& folder);

// Throw UsageError, with the file and what is wrong with it.
WireLog read_wire_log(const std::filesystem::path& file);
WireTruth read_wire_truth(const std::filesystem::path& file);

}  // namespace mixnn
