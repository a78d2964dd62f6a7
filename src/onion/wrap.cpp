#include "mixnn/onion/wrap.hpp"

#include "mixnn/onion/layers.hpp"

namespace mixnn {

void wrap(const Ticket& ticket, std::uint32_t index, ConstBytes payload, const BulkAead& aead, Csprng& rng,
          Bytes cell) {
  const Bytes body = body_of(cell);
  MIXNN_CHECK(index < ticket.cells && payload.size() <= body.size(), "a cell that its ticket does not cover");
  copy_bytes(ticket.header(index), cell);
  redraw_filler(cell, ticket.live, aead, rng);

  if (payload.size() == body.size()) {
    aead.seal(ticket.keys[0], index, payload, body, body_tag(cell));
  } else {
    aead.seal_padded(ticket.keys[0], index, payload, body, body_tag(cell));
  }
  if (ticket.layers > 1) {
    aead.seal(ticket.keys[1], index, outer_text(cell), outer_text(cell), outer_tag(cell));
  } else {
    rng.fill(outer_tag(cell));
  }
  for (std::size_t layer = 2; layer < ticket.layers; ++layer) cover(cell, ticket.keys[layer], index, aead);
}

}  // namespace mixnn
