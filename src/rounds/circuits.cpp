#include "mixnn/rounds/circuits.hpp"

#include "mixnn/rounds/keys.hpp"

namespace mixnn {

Circuits::Circuits(const BulkAead& aead, DrawNumber draw, const DrawTable& table, const Key& secret,
                   std::size_t capacity)
    : capacity_(capacity), text_(slot_body_bytes(capacity)), zeros_(capacity) {
  for (std::uint32_t first = 0; first < table.sends.size(); ++first)
    sends_.push_back({table.sends[first].role, aead.keyed(table.sends[first].p),
                      aead.keyed(k_key(secret, draw, first))});
  for (const DrawTable::Receiver& row : table.receives)
    receives_.push_back({row.role, aead.keyed(row.q), aead.keyed(row.k)});
}

void Circuits::seal(std::uint64_t exchange, std::uint32_t first, const Said* said, SlotView slot) {
  const Sender& circuit = sends_[first];
  if (said != nullptr)
    write_text(&said->info, said->payload, text_.bytes());
  else
    write_text(nullptr, zeros_, text_.bytes());
  circuit.k->seal(exchange, text_.bytes(), slot.body(), slot.tag_k());
  circuit.p->seal(exchange, slot.under_p(), slot.under_p(), slot.tag_p());
}

std::optional<ConstBytes> Circuits::open(std::uint64_t exchange, std::uint32_t last,
                                         SlotView slot) {
  const Receiver& circuit = receives_[last];
  circuit.q->xor_keystream(exchange, slot.carried(), slot.carried());
  if (!circuit.k->open(exchange, slot.body(), slot.tag_k(), text_.bytes())) return std::nullopt;
  return text_.bytes();
}

}  // namespace mixnn
