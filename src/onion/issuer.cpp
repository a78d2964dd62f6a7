#include "mixnn/onion/issuer.hpp"

#include <algorithm>

#include "mixnn/onion/slot.hpp"

namespace mixnn {

// One-use keys of one cell: k for its two ends, p[j - 1] for the sender and relay j <= c, q[j - 1]
// for relay j >= c and the receiver.
struct TicketIssuer::CellKeys {
  Key k;
  std::array<Key, kMaxHops> p, q;
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

// The sender derives its own from the keys of its ticket. The others are drawn.
TicketIssuer::CellKeys TicketIssuer::cell_keys(const Ticket& ticket, std::uint32_t index,
                                               std::size_t hops) {
  const std::size_t c = crossover(hops);
  CellKeys keys;
  keys.k = cell_key(ticket.keys[0], index);
  for (std::size_t j = 1; j <= c; ++j) keys.p[j - 1] = cell_key(ticket.keys[c - j + 1], index);
  for (std::size_t j = std::max<std::size_t>(c, 1); j <= hops; ++j) keys.q[j - 1] = rng_.key();
  return keys;
}

// Relay `hop` (from 1) on the way of `hops`.
SlotText TicketIssuer::relay_slot(const CellKeys& keys, std::size_t hop, std::size_t hops) const {
  const std::size_t c = crossover(hops);
  SlotText slot;
  slot.role = relay_role(hop, hops);
  slot.keys[0] = hop <= c ? keys.p[hop - 1] : keys.q[hop - 1];
  if (hop == c) slot.keys[1] = keys.q[hop - 1];
  slot.live = static_cast<std::uint16_t>(live_header_bytes(hops - hop));
  return slot;
}

SlotText TicketIssuer::receiver_slot(const CellKeys& keys, std::size_t hops) const {
  SlotText slot;
  slot.role = SlotRole::kReceive;
  slot.outer_layers = static_cast<std::uint8_t>(receiver_layers(hops) - 1);
  slot.keys[0] = keys.k;
  for (std::size_t j = crossover(hops); j >= 1 && j <= hops; ++j)
    slot.keys[j - crossover(hops) + 1] = keys.q[j - 1];
  return slot;
}

void TicketIssuer::seal_slot(SlotText& slot, std::uint32_t node, Bytes box) {
  MIXNN_CHECK(node < nodes_.size(), "a slot for a rank that is not there");
  Node& to = nodes_[node];
  MIXNN_CHECK(to.used < to.serials.size(), "the serials of an epoch are used up");
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
  Ticket ticket;
  ticket.first_hop = hops > 0 ? relays[0] : receiver;
  ticket.cells = cells;
  ticket.live = static_cast<std::uint16_t>(live_header_bytes(hops));
  ticket.layers = static_cast<std::uint8_t>(sender_layers(hops));
  for (std::size_t i = 0; i < ticket.layers; ++i) ticket.keys[i] = rng_.key();

  const std::uint64_t message = rng_.next64();
  ticket.headers.resize(std::size_t{cells} * ticket.live);
  for (std::uint32_t index = 0; index < cells; ++index) {
    const CellKeys keys = cell_keys(ticket, index, hops);
    SlotText last = receiver_slot(keys, hops);
    last.cells = cells;
    last.cell_index = index;
    last.message = message;
    last.description = description;
    seal_header(keys, relays, receiver, last,
                Bytes(ticket.headers).subspan(std::size_t{index} * ticket.live, ticket.live));
  }
  return ticket;
}

// From its end: the receiver's slot, then for each relay the rest sealed and the slot put before
// it.
void TicketIssuer::seal_header(const CellKeys& keys, std::span<const std::uint32_t> relays,
                               std::uint32_t receiver, SlotText& last, Bytes header) {
  const std::size_t hops = relays.size();
  seal_slot(last, receiver, header.last(kSlotBytes));
  for (std::size_t j = hops; j >= 1; --j) {
    const Bytes from_slot = header.subspan((j - 1) * kHopBytes);
    SlotText slot = relay_slot(keys, j, hops);
    slot.next = j < hops ? relays[j] : receiver;
    slot.rest_key = rng_.key();
    const Bytes rest = from_slot.subspan(kHopBytes);
    aead_.seal(slot.rest_key, rest, rest, from_slot.subspan(kSlotBytes, kAeadTagBytes));
    seal_slot(slot, relays[j - 1], from_slot.first(kSlotBytes));
  }
}

}  // namespace mixnn
