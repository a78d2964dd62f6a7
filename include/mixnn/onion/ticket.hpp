#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "mixnn/base/codec.hpp"
#include "mixnn/crypto/hash.hpp"
#include "mixnn/onion/format.hpp"

namespace mixnn {

// The key of one layer of one cell, from the key that the sender holds for that layer of its
// message. Relays get only such keys, which have nothing in common.
inline Key cell_key(const Key& of_message, std::uint32_t index) {
  std::array<std::byte, 16> input;
  std::memcpy(input.data(), &index, sizeof index);
  copy_bytes(bytes_of("MixNN cell 1"), Bytes(input).subspan(sizeof index));
  return hchacha20(of_message, input);
}

// The right to send one message, made by the owner: the first hop, one opaque header for each cell,
// and the sender's own keys. It tells its holder nothing else, not even the receiver. Used once;
// its secrets are wiped with it.
struct Ticket {
  std::uint32_t first_hop = 0;
  std::uint32_t cells = 0;
  std::uint16_t live = 0;   // bytes of each header
  std::uint8_t layers = 0;  // keys that count
  // Of the message, k and then p_c .. p_1, in sealing order: only to derive each cell's from.
  std::array<Key, kMaxSenderLayers> keys;
  std::vector<std::byte> headers;  // cells x live

  ConstBytes header(std::uint32_t index) const {
    return ConstBytes(headers).subspan(std::size_t{index} * live, live);
  }
};

void describe(auto& codec, Of<Ticket> auto& ticket) {
  codec.numbers(ticket.first_hop, ticket.cells, ticket.live, ticket.layers);
  codec.constant(std::uint8_t{0});
  if (!codec.require(ticket.cells > 0 && is_live_header(ticket.live, kMaxHops) &&
                     ticket.layers == sender_layers((ticket.live - kSlotBytes) / kHopBytes)))
    return;
  for (std::size_t i = 0; i < ticket.layers; ++i) codec.bytes(ticket.keys[i].bytes());
  codec.content(ticket.headers, std::size_t{ticket.cells} * ticket.live);
}
// As bytes, in a ticket book.
constexpr std::size_t ticket_bytes(std::size_t hops, std::size_t cells) {
  return 12 + sender_layers(hops) * 32 + cells * live_header_bytes(hops);
}

}  // namespace mixnn
