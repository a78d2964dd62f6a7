#include "mixnn/onion/wrap.hpp"

#include "mixnn/onion/layers.hpp"

namespace mixnn {

void wrap(const Ticket& ticket, std::uint32_t index, ConstBytes payload, const BulkAead& aead, Csprng& rng,
          Bytes cell) {
  const Bytes body = cell.subspan(kBodyOffset);
  MIXNN_CHECK(index < ticket.cells && payload.size() <= body.size(), "a cell that its ticket does not cover");
  copy_bytes(ticket.header(index), cell);
  rng.fill(cell.subspan(ticket.live, kHeaderBytes - ticket.live));
  refill_lane(cell, ticket.layers, rng);

  if (payload.size() == body.size()) {
    aead.seal(ticket.keys[0], index, payload, body, layer_tag(cell, 1));
  } else {
    aead.seal_padded(ticket.keys[0], index, payload, body, layer_tag(cell, 1));
  }
  for (std::size_t layer = 1; layer < ticket.layers; ++layer)
    seal_layer(cell, layer, ticket.keys[layer], index, aead);
}

}  // namespace mixnn
