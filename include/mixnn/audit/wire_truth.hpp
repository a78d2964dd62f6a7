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
  std::vector<std::uint32_t> hosts;     // the rank of each stage, by stage
  std::vector<RankClock> clocks;        // by rank
  std::vector<std::uint32_t> machines;  // by rank: which it runs on; 0: the owner's
  bool apart = false;  // stages beside each other are never on one machine but the owner's
};
inline constexpr std::size_t kMostTruthText = 4096;

inline std::vector<std::uint32_t> read_numbers(ByteReader& reader) {
  std::vector<std::uint32_t> numbers;
  const auto count = reader.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i)
    numbers.push_back(reader.get<std::uint32_t>());
  return numbers;
}
inline void write_numbers(const std::vector<std::uint32_t>& numbers, ByteWriter& writer) {
  writer.put(static_cast<std::uint32_t>(numbers.size()));
  for (const std::uint32_t number : numbers) writer.put(number);
}
void describe(auto& codec, Of<WireTruth::RankClock> auto& clock) {
  codec.numbers(clock.offset_ns, clock.round_trip_ns);
}
void describe(auto& codec, Of<WireTruth> auto& truth) {
  codec.text(truth.model, kMostTruthText, TextRule::kAny);
  codec.text(truth.traffic, kMostTruthText, TextRule::kPlain);
  codec.numbers(truth.ranks, truth.batch, truth.micro_batches, truth.hops);
  codec.foreign(truth.hosts, write_numbers, read_numbers);
  codec.list(truth.clocks);
  codec.foreign(truth.machines, write_numbers, read_numbers);
  codec.flag(truth.apart);
  codec.require(truth.ranks <= kMostLoggedRanks && truth.clocks.size() == truth.ranks);
  codec.require(truth.machines.size() == truth.ranks);
  codec.require(truth.batch > 0 && truth.micro_batches > 0);
  codec.require(truth.traffic == "onion" || truth.traffic == "rounds");
}

std::filesystem::path wire_truth_file(const std::filesystem::path& folder);
// Throws UsageError, with the file and what is wrong with it.
WireTruth read_wire_truth(const std::filesystem::path& file);
void write_wire_truth(const WireTruth& truth, const std::filesystem::path& file);

}  // namespace mixnn
