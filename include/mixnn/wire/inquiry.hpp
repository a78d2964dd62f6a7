#pragma once
#include "mixnn/base/codec.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// The payload of kInquiry: what has become of the request of this label, of which nothing has come
// back? The report that answers says what its rank knows of it.
struct Inquiry {
  Label about;
  TicketBook tickets;
};
void describe(auto& codec, Of<Inquiry> auto& inquiry) {
  codec.nested(inquiry.tickets);
  codec.nested(inquiry.about);
}

}  // namespace mixnn
