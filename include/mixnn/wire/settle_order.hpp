#pragma once
#include <cstdint>

#include "mixnn/base/codec.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// The payload of kSettle: report once so many cells have been delivered here since the start of the
// run, this one included. Then nothing is on its way to this rank.
struct SettleOrder {
  std::uint64_t delivered = 0;
  TicketBook tickets;
};
void describe(auto& codec, Of<SettleOrder> auto& order) {
  codec.nested(order.tickets);
  codec.number(order.delivered);
}

}  // namespace mixnn
