#pragma once
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "audit/virtual_time.hpp"

// Rounds as they would be if something was wrong with them, for an audit to find. None of these
// runs the wrong code: each alters the log of a right run, in virtual time, as the fault would show
// in it.
namespace mixnn::testing {

enum class Fault {
  kNone,
  kWaits,       // a host's round begins only after the product that the last exchange asked for
  kNotOpened,   // receivers open no dummies, so they are quicker where none of theirs is real
  kShortDummy,  // dummies are 64 bytes shorter, all along their way
  kUnbalanced,  // a message of the chain has a second slot, on a link to its receiver
  kNoVirtual,   // exchanges of a step follow from the stages: no virtual ones before the chain
};
inline constexpr std::array kFaults{std::pair{Fault::kNone, "none"},
                                    std::pair{Fault::kWaits, "waits"},
                                    std::pair{Fault::kNotOpened, "not-opened"},
                                    std::pair{Fault::kShortDummy, "short-dummy"},
                                    std::pair{Fault::kUnbalanced, "unbalanced"},
                                    std::pair{Fault::kNoVirtual, "no-virtual"}};

// Who had a message of the chain in which exchange, or gives one.
class ChainMessages {
 public:
  explicit ChainMessages(const MergedLog& log) : numbers_(log) {
    for (const WireLog& rank : log.ranks) {
      auto cell = rank.cells.begin();
      std::uint64_t round = 0;
      for (const LoggedMessage& message : rank.messages) {
        for (; cell != rank.cells.end() && cell->time_ns <= message.time_ns; ++cell)
          if (cell->sent) round = numbers_.of(*cell);
        const MessageKind kind = message.label.kind;
        if (kind != MessageKind::kForward && kind != MessageKind::kBackward) continue;
        if (message.way == LoggedMessage::Way::kHandedOut)
          came_.emplace(rank.rank, numbers_.exchange_of(round));
      }
    }
  }
  bool came(std::uint32_t rank, std::uint64_t exchange) const {
    return came_.contains({rank, exchange});
  }

 private:
  RoundNumbers numbers_;
  std::set<std::pair<std::uint32_t, std::uint64_t>> came_;
};

// A host answers in the exchange behind the one that brought the message, on one of its circuits:
// always the same for all that it says.
inline std::uint32_t first_link(const MergedLog& log, std::uint32_t rank) {
  const std::uint32_t others = log.truth.ranks - 1;
  return (rank + 1 + (rank * 7 + log.truth.hosts.front()) % others) % log.truth.ranks;
}

// Of a dummy nothing is left out but 64 bytes, on every link.
inline void shorten_dummies(MergedLog& log, const ChainMessages& chain) {
  using Name = std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>;  // round, from, to
  const RoundNumbers numbers(log);
  std::map<Name, LoggedCell*> sent;
  std::map<std::pair<std::uint32_t, std::uint32_t>, LoggedCell*> passed_on;  // by rank and number
  std::map<Name, LoggedCell*> taken;
  for (WireLog& rank : log.ranks)
    for (LoggedCell& cell : rank.cells) {
      if (!cell.sent)
        taken[{numbers.of(cell), cell.peer, rank.rank}] = &cell;
      else if (cell.taken > 0)
        passed_on[{rank.rank, cell.taken}] = &cell;
    }
  for (WireLog& rank : log.ranks)
    for (LoggedCell& own : rank.cells) {
      if (!own.sent || own.taken > 0 || own.draw != 2) continue;
      const bool real = rank.rank > 0 && own.peer == first_link(log, rank.rank) &&
                        chain.came(rank.rank, own.exchange - 1);
      if (real) continue;
      std::uint32_t at = rank.rank;
      for (LoggedCell* cell = &own; cell != nullptr;) {
        cell->bytes -= 64;
        const auto next = taken.find({numbers.of(*cell), at, cell->peer});
        at = cell->peer;
        cell = nullptr;
        if (next == taken.end()) break;
        next->second->bytes -= 64;
        const auto on = passed_on.find({at, next->second->taken});
        if (on != passed_on.end()) cell = on->second;
      }
    }
}

// One cell more from the first relay to the next host of the chain, for each of its messages.
inline void unbalance(MergedLog& log, const ChainMessages& chain) {
  for (std::size_t stage = 0; stage + 1 < log.truth.hosts.size(); ++stage) {
    const std::uint32_t from = log.truth.hosts[stage], to = log.truth.hosts[stage + 1];
    const std::uint32_t relay = first_link(log, from);
    if (relay == to) continue;
    WireLog& sender = log.ranks[relay];
    WireLog& receiver = log.ranks[to];
    std::uint32_t number = 0;
    for (const LoggedCell& cell : receiver.cells) number += !cell.sent;
    std::vector<LoggedCell> more;
    for (const LoggedCell& cell : sender.cells)
      if (cell.sent && cell.draw == 2 && cell.round == 1 && cell.peer == to &&
          chain.came(from, cell.exchange - 1))
        more.push_back(cell);
    for (LoggedCell cell : more) {
      cell.taken = 0;
      sender.cells.push_back(cell);
      cell.sent = false;
      cell.peer = relay;
      cell.taken = ++number;
      receiver.cells.push_back(cell);
    }
  }
}

// All messages of hosts come as many exchanges earlier as there are virtual stages before them.
inline void leave_out_virtual_stages(MergedLog& log, std::uint64_t period_ns) {
  const RoundNumbers numbers(log);
  const std::uint64_t begin = [&] {
    for (const LoggedCell& cell : log.ranks[0].cells)
      if (cell.sent && cell.draw == 2 && cell.time_ns >= log.ranks[0].steps[0].time_ns)
        return cell.exchange;
    return std::uint64_t{0};
  }();
  const WireLog& first = log.ranks[log.truth.hosts.front()];
  const auto forward = std::ranges::find_if(first.messages, [](const LoggedMessage& message) {
    return message.label.kind == MessageKind::kForward;
  });
  const std::uint64_t exchange = numbers.exchange_of(numbers.at(first, forward->time_ns));
  const std::uint64_t early = numbers.first_of(exchange - begin) * period_ns;
  for (const std::uint32_t host : log.truth.hosts)
    for (LoggedMessage& message : log.ranks[host].messages)
      if (message.label.kind == MessageKind::kForward ||
          message.label.kind == MessageKind::kBackward)
        message.time_ns -= early;
}

// The run in virtual time, with the fault in it. A product takes a quarter of a period, and opening
// a slot a twentieth.
inline MergedLog with_fault(const MergedLog& real, Fault fault, const VirtualClock& clock,
                            std::uint64_t seed) {
  const RoundNumbers numbers(real);
  const ChainMessages real_chain(real);
  Lateness late;
  if (fault == Fault::kWaits || fault == Fault::kNotOpened)
    late = [&](std::uint32_t rank, std::uint64_t round) -> std::uint64_t {
      const std::uint64_t exchange = numbers.exchange_of(round);
      if (round != numbers.first_of(exchange) || exchange == 0) return 0;
      const std::uint64_t cost = clock.period_ns / (fault == Fault::kWaits ? 4 : 20);
      return real_chain.came(rank, exchange - 1) ? cost : 0;
    };
  MergedLog log = VirtualTime(real, clock, seed, late).log();
  const ChainMessages chain(log);
  if (fault == Fault::kShortDummy) shorten_dummies(log, chain);
  if (fault == Fault::kUnbalanced) unbalance(log, chain);
  if (fault == Fault::kNoVirtual) leave_out_virtual_stages(log, clock.period_ns);
  for (WireLog& rank : log.ranks) put_in_order(rank);
  return log;
}

}  // namespace mixnn::testing
