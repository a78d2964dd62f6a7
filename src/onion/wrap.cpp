#include "mixnn/onion/wrap.hpp"

#include "mixnn/onion/layers.hpp"

namespace mixnn {

void wrap(const Ticket& ticket, std::uint32_t index, ConstBytes payload, const BulkAead& aead,
          Csprng& rng, Bytes cell) {
  const Bytes body = sealed_text(cell, 1);
  MIXNN_CHECK(index < ticket.cells && payload.size() <= body.size(),
              "a cell that its ticket does not cover");
  copy_bytes(ticket.header(index), cell);

  std::array<Key, kMaxSenderLayers> keys;
  for (std::size_t i = 0; i < ticket.layers; ++i) keys[i] = cell_key(ticket.keys[i], index);
  const std::size_t seals = sender_seals(ticket.layers);
  redraw_filler(cell, ticket.live, seals, aead, rng);
  if (payload.size() == body.size()) {
    aead.seal(keys[0], payload, body, seal_tag(cell, 1));
  } else {
    aead.seal_padded(keys[0], payload, body, seal_tag(cell, 1));
  }
  for (std::size_t tags = 2; tags <= seals; ++tags) {
    const Bytes text = sealed_text(cell, tags);
    aead.seal(keys[tags - 1], text, text, seal_tag(cell, tags));
  }
  if (seals < ticket.layers) cover(cell, keys[seals], aead);
}

}  // namespace mixnn
