#pragma once
#include <array>
#include <cstdint>

#include "mixnn/base/codec.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// The payload of kCommit: say, once so many updates are made, what your state is; of a window that
// is checked also what your inputs and output gradients in it were.
struct CommitOrder {
  std::uint32_t updates = 0;
  bool tensors = false;
  TicketBook tickets;
};
void describe(auto& codec, Of<CommitOrder> auto& order) {
  codec.nested(order.tickets);
  codec.number(order.updates);
  codec.flag(order.tensors);
}

// The answer: digests (crypto/tree_hash.hpp). A decoy's are random, and those that were not asked
// for are zero.
struct Commitment {
  using Bytes32 = std::array<std::byte, 32>;
  Bytes32 parameters{}, optimizer{};
  Bytes32 inputs{}, gradients{};  // of the window, in the order of the micro-batches
};
void describe(auto& codec, Of<Commitment> auto& c) {
  codec.bytes(c.parameters);
  codec.bytes(c.optimizer);
  codec.bytes(c.inputs);
  codec.bytes(c.gradients);
}

// What a host that gets a ticket for a kOpening opens with it of the window that has ended: the
// label's micro_batch says what, its part which part of the state or which micro-batch of the
// window, in order.
enum class Opened : std::uint32_t { kState = 1, kInput = 2, kGradient = 3 };

}  // namespace mixnn
