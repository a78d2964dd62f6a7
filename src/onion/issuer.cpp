#include "mixnn/onion/issuer.hpp"

#include <algorithm>

#include "mixnn/onion/slot.hpp"

namespace mixnn {

// Fresh one-use keys of one message: k for its two ends, p[j] for sender and relay j <= c, q[j] for
// relay j
// >= c and receiver.
struct TicketIssuer::MessageKeys {
  Key k;
  std::array<Key, kMaxHops> p, q;
  std::array<std::uint64_t, kMaxHops + 1> message;  // its number at each node of the path
};

TicketIssuer::TicketIssuer(std::vector<EpochKeys> keys, unsigned serial_bits, const BulkAead& aead,
                           Csprng& rng)
    : serial_bits_(serial_bits), aead_(aead), rng_(rng) {
  for (EpochKeys& node : keys) nodes_.push_back({std::move(node), fresh_serials(), 0});
}

SerialPermutation TicketIssuer::fresh_serials() {
  Secret<16> key;
  rng_.fill(key.bytes());
  return {key, serial_bits_};
}

std::uint64_t TicketIssuer::serials_left() const {
  std::uint64_t most = 0;
  for (const Node& node : nodes_) most = std::max(most, node.used);
  return (std::uint64_t{1} << serial_bits_) - most;
}

PublicKey TicketIssuer::offer(std::uint32_t node) {
  return nodes_[node].half.emplace(X25519KeyPair::generate()).public_key;
}

bool TicketIssuer::agree(std::uint32_t node, const PublicKey& theirs) {
  Node& with = nodes_[node];
  MIXNN_CHECK(with.half.has_value(), "an answer to no offer");
  const std::optional<Key> shared = with.half->shared_with(theirs);
  with.half.reset();
  if (shared) with.next = with.keys.next(*shared);
  return shared.has_value();
}

void TicketIssuer::ratchet() {
  for (Node& node : nodes_) {
    MIXNN_CHECK(node.next.has_value(), "an epoch on which a node has not agreed");
    node = {*node.next, fresh_serials(), 0};
  }
}

TicketIssuer::MessageKeys TicketIssuer::draw_keys(std::size_t hops) {
  MessageKeys keys;
  keys.k = rng_.key();
  const std::size_t c = crossover(hops);
  for (std::size_t j = 1; j <= c; ++j) keys.p[j - 1] = rng_.key();
  for (std::size_t j = std::max<std::size_t>(c, 1); j <= hops; ++j) keys.q[j - 1] = rng_.key();
  for (std::uint64_t& number : keys.message) number = rng_.next64();
  return keys;
}

// Relay `hop` (from 1) on the way of `hops`.
SlotText TicketIssuer::relay_slot(const MessageKeys& keys, std::size_t hop,
                                  std::size_t hops) const {
  const std::size_t c = crossover(hops);
  SlotText slot;
  slot.message = keys.message[hop - 1];
  slot.role = relay_role(hop, hops);
  slot.keys[0] = hop <= c ? keys.p[hop - 1] : keys.q[hop - 1];
  if (hop == c) slot.keys[1] = keys.q[hop - 1];
  slot.live = static_cast<std::uint16_t>(live_header_bytes(hops - hop));
  return slot;
}

SlotText TicketIssuer::receiver_slot(const MessageKeys& keys, std::size_t hops,
                                     std::uint32_t cells) const {
  SlotText slot;
  slot.role = SlotRole::kReceive;
  slot.message = keys.message[hops];
  slot.outer_layers = static_cast<std::uint8_t>(receiver_layers(hops) - 1);
  slot.cells = cells;
  slot.keys[0] = keys.k;
  for (std::size_t j = crossover(hops); j >= 1 && j <= hops; ++j)
    slot.keys[j - crossover(hops) + 1] = keys.q[j - 1];
  return slot;
}

void TicketIssuer::seal_slot(SlotText& slot, std::uint32_t node, std::uint32_t cell_index,
                             Bytes box) {
  MIXNN_CHECK(node < nodes_.size(), "a slot for a rank that is not there");
  Node& to = nodes_[node];
  MIXNN_CHECK(to.used < to.serials.size(), "the serials of an epoch are used up");
  slot.cell_index = cell_index;
  slot.epoch = to.keys.epoch();
  slot.serial = to.serials(to.used++);
  std::array<std::byte, kSlotTextBytes> text;
  write_slot(slot, text);
  rng_.fill(box.first(kBoxNonceBytes));
  aead_.seal_box(to.keys.slot_key(), text, box);
  wipe(text);
}

Ticket TicketIssuer::issue(std::span<const std::uint32_t> relays, std::uint32_t receiver,
                           std::uint32_t cells, const Description& description) {
  const std::size_t hops = relays.size();
  MIXNN_CHECK(hops <= kMaxHops && receiver < nodes_.size() && cells > 0, "a ticket that cannot be");
  const MessageKeys keys = draw_keys(hops);
  SlotText last = receiver_slot(keys, hops, cells);
  last.description = description;
  std::array<SlotText, kMaxHops> slots;
  for (std::size_t j = 1; j <= hops; ++j) {
    slots[j - 1] = relay_slot(keys, j, hops);
    slots[j - 1].next = j < hops ? relays[j] : receiver;
  }

  Ticket ticket;
  ticket.first_hop = hops > 0 ? relays[0] : receiver;
  ticket.cells = cells;
  ticket.live = static_cast<std::uint16_t>(live_header_bytes(hops));
  ticket.layers = static_cast<std::uint8_t>(sender_layers(hops));
  ticket.keys[0] = keys.k;
  for (std::size_t j = crossover(hops), i = 1; j >= 1; --j, ++i) ticket.keys[i] = keys.p[j - 1];

  // Each header is built from its end: the receiver's slot, then for each relay the rest sealed and
  // the slot put before it.
  ticket.headers.resize(std::size_t{cells} * ticket.live);
  for (std::uint32_t index = 0; index < cells; ++index) {
    const Bytes header =
        Bytes(ticket.headers).subspan(std::size_t{index} * ticket.live, ticket.live);
    seal_slot(last, receiver, index, header.last(kSlotBytes));
    for (std::size_t j = hops; j >= 1; --j) {
      const Bytes from_slot = header.subspan((j - 1) * kHopBytes);
      SlotText& slot = slots[j - 1];
      slot.rest_key = rng_.key();
      const Bytes rest = from_slot.subspan(kHopBytes);
      aead_.seal(slot.rest_key, kRestIndex, rest, rest,
                 from_slot.subspan(kSlotBytes, kAeadTagBytes));
      seal_slot(slot, relays[j - 1], index, from_slot.first(kSlotBytes));
    }
  }
  return ticket;
}

}  // namespace mixnn
