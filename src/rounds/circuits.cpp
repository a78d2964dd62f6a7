#include "mixnn/rounds/circuits.hpp"

#include <algorithm>

#include "mixnn/rounds/keys.hpp"

namespace mixnn {

Circuits::Circuits(const BulkAead& aead, DrawNumber draw, const DrawTable& table, const Key& secret,
                   std::size_t capacity)
    : zeros_(capacity) {
  std::ranges::fill(zeros_.bytes(), std::byte{0});
  for (std::uint32_t first = 0; first < table.sends.size(); ++first)
    sends_.push_back({table.sends[first].role, aead.keyed(table.sends[first].p),
                      aead.keyed(k_key(secret, draw, first))});
  for (const DrawTable::Receiver& row : table.receives)
    receives_.push_back({row.role, aead.keyed(row.q), aead.keyed(row.k)});
}

// A dummy's zeros are read from memory as a message is.
void Circuits::seal(std::uint64_t exchange, std::uint32_t first, const Said* said,
                    SlotView slot) const {
  const Sender& circuit = sends_[first];
  const TextHead head = text_head(said != nullptr ? &said->info : nullptr);
  const ConstBytes payload = said != nullptr ? said->payload : zeros_.bytes();
  MIXNN_CHECK(payload.size() <= zeros_.size(), "a message larger than a slot");
  circuit.k->seal_parts(exchange, head, payload, slot.body(), slot.tag_k());
  circuit.p->seal(exchange, slot.under_p(), slot.under_p(), slot.tag_p());
}

std::optional<TextHead> Circuits::open(std::uint64_t exchange, std::uint32_t last, SlotView slot,
                                       Bytes payload) const {
  MIXNN_CHECK(payload.size() == zeros_.size(), "a payload of another size");
  const Receiver& circuit = receives_[last];
  TextHead head;
  circuit.q->xor_keystream(exchange, slot.carried(), slot.carried());
  if (!circuit.k->open_parts(exchange, slot.body(), slot.tag_k(), head, payload))
    return std::nullopt;
  return head;
}

}  // namespace mixnn
