#include "mixnn/rounds/crossover.hpp"

#include "mixnn/rounds/keys.hpp"

namespace mixnn {

Crossover::Crossover(const BulkAead& aead, DrawNumber draw, const Key& secret, std::uint32_t own,
                     std::uint32_t ranks, std::size_t body)
    : own_(own), zeros_(2 * kAeadTagBytes + body) {
  for (std::uint32_t rank = 0; rank < ranks; ++rank) {
    p_.push_back(aead.keyed(p_key(secret, draw, rank)));
    filler_.push_back(aead.keyed(filler_key(secret, draw, rank)));
    q_.push_back(aead.keyed(q_key(secret, draw, rank)));
    void_.push_back(aead.keyed(void_key(secret, draw, rank)));
  }
}

bool Crossover::open_all(std::uint64_t exchange, std::span<LinkSlot> slots) const {
  bool all = true;
  for (std::uint32_t in = 0; in < slots.size(); ++in) {
    if (in == own_) continue;
    const SlotView slot(slots[in].cell.bytes());
    const bool opened = p_[in]->open(exchange, slot.under_p(), slot.tag_p(), slot.under_p());
    slots[in].unopened = !opened;
    all = all && opened && !slots[in].missing;
  }
  return all;
}

// What is covered are either the slots or zeros: then the keystream itself goes out.
void Crossover::pass(std::uint64_t exchange, std::span<const std::uint8_t> next,
                     std::span<LinkSlot> slots) const {
  const bool all = open_all(exchange, slots);
  for (std::uint32_t in = 0; in < slots.size(); ++in) {
    if (in == own_) continue;
    const SlotView slot(slots[in].cell.bytes());
    filler_[in]->xor_keystream(exchange, ConstBytes(zeros_).first(kAeadTagBytes), slot.tag_p());
    const KeyedAead& cover = all ? *q_[next[in]] : *void_[next[in]];
    cover.xor_keystream(exchange, all ? ConstBytes(slot.carried()) : ConstBytes(zeros_),
                        slot.carried());
  }
}

}  // namespace mixnn
