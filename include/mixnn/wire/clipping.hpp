#pragma once
#include <cstdint>

#include "mixnn/base/codec.hpp"
#include "mixnn/wire/ticket_book.hpp"

namespace mixnn {

// The payload of kClip: say, once the gradients of the step behind so many updates are added up,
// how long they are, and wait with the update.
struct ClipOrder {
  std::uint32_t updates = 0;
  TicketBook tickets;
};
void describe(auto& codec, Of<ClipOrder> auto& order) {
  codec.nested(order.tickets);
  codec.number(order.updates);
}

// The answer: the sum of their squares (tensor/sum_of_squares.hpp). A decoy's is 0.
struct GradientSquares {
  double sum = 0;
};
void describe(auto& codec, Of<GradientSquares> auto& squares) {
  codec.number(squares.sum);
  codec.require(!(squares.sum < 0));
}

// The payload of kScale: make that update, with gradients times so much.
struct GradientScale {
  std::uint32_t updates = 0;
  float scale = 1;
};
void describe(auto& codec, Of<GradientScale> auto& scale) {
  codec.numbers(scale.updates, scale.scale);
}

}  // namespace mixnn
