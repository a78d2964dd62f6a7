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

// The payload of kOpening: which part of the window that has ended is to be opened.
struct OpeningOrder {
  enum class What : std::uint8_t { kState = 1, kInput = 2, kGradient = 3 };
  What what{};
  std::uint32_t index = 0;  // of the part of the state, or of the micro-batch in the window
};
void describe(auto& codec, Of<OpeningOrder> auto& order) {
  codec.choice(order.what, OpeningOrder::What::kState, OpeningOrder::What::kGradient);
  codec.number(order.index);
}

}  // namespace mixnn
