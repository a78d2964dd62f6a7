#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "mixnn/base/clock.hpp"
#include "mixnn/onion/mix/strategy.hpp"
#include "mixnn/rounds/rewind.hpp"
#include "mixnn/train/schedule.hpp"

namespace mixnn {

enum class AeadChoice { kAuto, kAes256Gcm, kChaCha20Poly1305 };
enum class Padding { kUniform, kCells };
// How messages travel: as onions over routes of their own, or in rounds of slots in which all ranks
// send all others as much.
enum class TrafficKind : std::uint8_t { kOnion = 1, kRounds = 2 };

// Of rounds: none, or a period for each. `automatic`: one that is settled at the start, unless
// ranks outnumber cores (`crowded`): there times tell something whatever the period.
struct RoundPace {
  bool automatic = false, crowded = false;
  Nanoseconds period{0};

  bool is_on() const { return (automatic && !crowded) || period > Nanoseconds{0}; }
  bool operator==(const RoundPace&) const = default;
};
inline constexpr Nanoseconds kMostPeriod = std::chrono::seconds(60);
inline constexpr Nanoseconds kPeriodAtStart = std::chrono::milliseconds(4);  // until it is settled

// When the routes of traffic in rounds are drawn: once for the run, for each epoch, or for each
// mini-batch. Keys are as old as routes; but those of a run change with each epoch.
enum class Redraw : std::uint8_t { kRun, kEpoch, kBatch };

inline constexpr std::size_t kMaxTraceEvents = std::size_t{1} << 24;

// How a run is protected and driven: what the owner decides besides the training itself.
struct SessionOptions {
  TrafficKind traffic = TrafficKind::kOnion;
  Redraw redraw = Redraw::kRun;  // in rounds
  std::size_t hops = 3;          // 0..5; 0: an unprotected control
  std::size_t cell_bytes = 0;    // 0: chosen from the model
  Padding padding = Padding::kUniform;
  AeadChoice aead = AeadChoice::kAuto;
  ScheduleKind schedule = ScheduleKind::k1F1B;
  MixStrategy mix;
  Nanoseconds timeout = std::chrono::seconds(60);  // without progress
  unsigned serial_bits = 24;  // serials of a node in an epoch: 2^serial_bits; even
  // Messages under way at once, besides ticket books; by public numbers alone
  // (session/automatic.hpp).
  std::size_t in_flight = 16;
  // Parameters that every rank is sent at the start, whatever its stage has: as many as the largest
  // stage, rounded up, if it is 0.
  std::size_t stage_bytes = 0;
  // The probability with which a host is checked in each window of so many steps
  // (docs/protocol.md, "Spot checks"); 0: no windows, no checks.
  double spot_checks = 0;
  std::size_t window_steps = 32;
  std::size_t trace_events = 0;  // that each rank keeps; 0: no trace
  // In rounds: how often all may go back in kRewindWindow exchanges; then somebody is blamed, and
  // the run ends.
  std::size_t rewinds = kRewindLimit;
  // In rounds: exchanges from what a rank is sent to its answer (docs/rounds.md, "Schedule").
  std::size_t allowance = 1;
  // In rounds: how long a round takes, whatever ranks compute (docs/rounds.md, "Pace").
  RoundPace pace;

  constexpr bool in_rounds() const { return traffic == TrafficKind::kRounds; }
};
inline constexpr std::size_t kMostAllowance = 64;

// In rounds, where every rank relays for every other; routes need five, and their tables hold no
// more.
inline constexpr std::size_t kLeastRoundRanks = 5, kMostRoundRanks = 255;

// Ranks that a job needs for so many stages on hosts: the owner, the hosts, and as many relays as a
// route has; in rounds one rank more than hosts and owner, so that there is a place to hide.
constexpr std::size_t ranks_needed(const SessionOptions& session, std::size_t stages) {
  if (session.in_rounds()) return stages + 2 > kLeastRoundRanks ? stages + 2 : kLeastRoundRanks;
  return 1 + stages + session.hops;
}

}  // namespace mixnn
