#pragma once
#include <array>

#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// What begins an epoch at a rank: the owner's half of a fresh Diffie-Hellman, made for this rank
// and this epoch alone, and tickets for its reports. The rank's half is in the report that answers.
// What both then share goes into the keys of the next epoch.
struct EpochStart {
  std::array<std::byte, 32> fresh_key{};
  TicketBook book;
};
void describe(auto& codec, Of<EpochStart> auto& start) {
  codec.bytes(start.fresh_key);
  codec.nested(start.book);
}

}  // namespace mixnn
