#pragma once
#include <cstdint>

#include "mixnn/base/codec.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// The payload of kPace, to all ranks alike: how long a round of traffic in rounds takes from here
// on; 0: as before.
struct PaceOrder {
  static constexpr std::uint64_t kMostNanoseconds = 60'000'000'000;
  std::uint64_t period_ns = 0;
  TicketBook tickets;  // none, in rounds
};
void describe(auto& codec, Of<PaceOrder> auto& order) {
  codec.nested(order.tickets);
  codec.number(order.period_ns);
  codec.require(order.period_ns <= PaceOrder::kMostNanoseconds);
}

// The answer: what all but one in a hundred of this rank's last rounds took at most, from its own
// slots to all work on those of the others.
struct RoundTime {
  std::uint64_t ns = 0;
};
void describe(auto& codec, Of<RoundTime> auto& time) { codec.number(time.ns); }

}  // namespace mixnn
