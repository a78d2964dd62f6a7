#pragma once
#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "mixnn/audit/merged_log.hpp"
#include "mixnn/base/random.hpp"

namespace mixnn::testing {

// How time passes where nothing but a public clock and a machine's jitter decides it.
struct VirtualClock {
  std::uint64_t period_ns = 1'000'000, wire_ns = 20'000;
  std::vector<std::uint64_t> jitter_ns{0};  // measured: one of them, at random, for each round
};

// By rank and number of a round: how much later the rank is because of what it does.
using Lateness = std::function<std::uint64_t(std::uint32_t rank, std::uint64_t round)>;

// What a log in rounds says of order: the numbers of its rounds.
class RoundNumbers {
 public:
  explicit RoundNumbers(const MergedLog& log) : rounds_(log.truth.hops + 1) {}
  std::uint64_t of(const LoggedCell& cell) const { return cell.exchange * rounds_ + cell.round; }
  std::uint64_t first_of(std::uint64_t exchange) const { return exchange * rounds_; }
  std::uint64_t exchange_of(std::uint64_t round) const { return round / rounds_; }
  // The last round of which the rank had sent its slots by then.
  std::uint64_t at(const WireLog& log, std::uint64_t time_ns) const {
    std::uint64_t last = 0;
    for (const LoggedCell& cell : log.cells) {
      if (cell.time_ns > time_ns) break;
      if (cell.sent) last = of(cell);
    }
    return last;
  }

 private:
  std::uint64_t rounds_;
};

// What a rank did in the order of its times; cells taken are numbered anew.
inline void put_in_order(WireLog& rank) {
  std::ranges::stable_sort(rank.cells, {}, &LoggedCell::time_ns);
  std::ranges::stable_sort(rank.messages, {}, &LoggedMessage::time_ns);
  std::map<std::uint32_t, std::uint32_t> numbers;
  for (const LoggedCell& cell : rank.cells)
    if (!cell.sent) numbers.emplace(cell.taken, static_cast<std::uint32_t>(numbers.size() + 1));
  for (LoggedCell& cell : rank.cells)
    if (cell.taken > 0) cell.taken = numbers.at(cell.taken);
}

// A run in rounds as it would have been in virtual time: what was sent is as it was, and each rank
// begins a round at its time by the public clock, or when all slots of the one before have come,
// and then a jitter later. Of the real times nothing is left.
class VirtualTime {
 public:
  VirtualTime(const MergedLog& log, const VirtualClock& clock, std::uint64_t seed,
              Lateness lateness = {})
      : log_(log), numbers_(log), clock_(clock), rng_(seed, RandomPurpose::kTest, 3) {
    std::uint64_t last = 0;
    for (const WireLog& rank : log_.ranks)
      for (const LoggedCell& cell : rank.cells) last = std::max(last, numbers_.of(cell));
    begins_.assign(last + 2, std::vector<std::uint64_t>(log_.ranks.size()));
    std::uint64_t all_here = 0;
    for (std::uint64_t round = 0; round < begins_.size(); ++round) {
      for (std::uint32_t rank = 0; rank < log_.ranks.size(); ++rank) {
        const std::uint64_t late = lateness ? lateness(rank, round) : 0;
        begins_[round][rank] = std::max((1 + round) * clock_.period_ns, all_here) + jitter() + late;
      }
      all_here = std::ranges::max(begins_[round]) + clock_.wire_ns;
    }
  }

  MergedLog log() {
    MergedLog virtual_log = log_;
    for (WireLog& rank : virtual_log.ranks) retime(rank, log_.ranks[rank.rank]);
    return virtual_log;
  }

 private:
  std::uint64_t jitter() {
    const auto count = static_cast<std::uint32_t>(clock_.jitter_ns.size());
    return clock_.jitter_ns[rng_.below(count)];
  }
  // Behind the slots that the rank had sent by then, and before the next.
  std::uint64_t after_sending(const WireLog& before, std::uint64_t time_ns) const {
    return begins_[numbers_.at(before, time_ns)][before.rank] + clock_.wire_ns / 2;
  }
  void retime(WireLog& rank, const WireLog& before) {
    for (LoggedCell& cell : rank.cells)
      cell.time_ns = begins_[numbers_.of(cell)][cell.sent ? rank.rank : cell.peer] +
                     (cell.sent ? 0 : clock_.wire_ns);
    for (LoggedMessage& message : rank.messages)
      message.time_ns = after_sending(before, message.time_ns);
    for (LoggedStep& step : rank.steps) step.time_ns = after_sending(before, step.time_ns);
    put_in_order(rank);
  }

  const MergedLog& log_;
  RoundNumbers numbers_;
  VirtualClock clock_;
  CounterRng rng_;
  std::vector<std::vector<std::uint64_t>> begins_;  // by round and rank
};

}  // namespace mixnn::testing
