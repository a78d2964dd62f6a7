#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mixnn/audit/wire_log.hpp"

namespace mixnn {

// What only the owner knows of a run that was logged: the truth that an audit compares with.
struct WireTruth {
  // A rank's clock: `offset_ns` is to be taken off its times, and is known to half of the round
  // trip, which is 0 where it is the owner's own clock.
  struct RankClock {
    std::int64_t offset_ns = 0;
    std::uint64_t round_trip_ns = 0;
  };
  std::string model, traffic;  // "onion" or "rounds"
  std::uint32_t ranks = 0, batch = 0, micro_batches = 0, hops = 0;
  std::vector<std::uint32_t> hosts;  // the rank of each stage, by stage
  std::vector<RankClock> clocks;     // by rank
};

std::filesystem::path wire_truth_file(const std::filesystem::path& folder);
// Throws UsageError, with the file and what is wrong with it.
WireTruth read_wire_truth(const std::filesystem::path& file);
void write_wire_truth(const WireTruth& truth, const std::filesystem::path& file);

}  // namespace mixnn
