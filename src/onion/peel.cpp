#include "mixnn/onion/peel.hpp"

#include "mixnn/onion/layers.hpp"
#include "mixnn/onion/slot.hpp"

namespace mixnn {

std::string to_string(RejectReason reason) {
  switch (reason) {
    case RejectReason::kHeader:
      return "its header does not authenticate";
    case RejectReason::kSlot:
      return "its header is malformed";
    case RejectReason::kReplay:
      return "it is a replay";
    case RejectReason::kHeaderRest:
      return "the rest of its header does not authenticate";
    case RejectReason::kBody:
      return "its body does not authenticate";
    case RejectReason::kUnwanted:
      return "its message was not expected";
  }
  return "unknown reason";
}

Peeler::Peeler(const EpochKeys& keys, unsigned serial_bits, const BulkAead& aead, Csprng& rng)
    : keys_(keys), seen_(serial_bits), aead_(aead), rng_(rng) {}

std::optional<SlotText> Peeler::open_slot(Bytes cell) {
  std::array<std::byte, kSlotTextBytes> text;
  const ConstBytes box = cell.first(kSlotBytes);
  if (!aead_.open_box(keys_.slot_key(), box, text)) {
    if (!next_keys_ || !aead_.open_box(next_keys_->slot_key(), box, text)) return std::nullopt;
    keys_ = *next_keys_;
    next_keys_.reset();
    seen_.clear();
  }
  std::optional<SlotText> slot = read_slot(text);
  wipe(text);
  if (!slot) slot.emplace();  // role 0: malformed
  return slot;
}

Peeled Peeler::peel(Bytes cell, PayloadSink& sink) {
  MIXNN_CHECK(cell.size() >= kMinCellBytes, "a cell smaller than the smallest");
  const std::optional<SlotText> slot = open_slot(cell);
  if (!slot) return Reject{RejectReason::kHeader};
  if (slot->role == SlotRole{} || slot->epoch != keys_.epoch() || !seen_.in_range(slot->serial))
    return Reject{RejectReason::kSlot, slot->role};
  if (seen_.seen(slot->serial)) return Reject{RejectReason::kReplay, slot->role};
  seen_.mark(slot->serial);
  return slot->role == SlotRole::kReceive ? receive(cell, *slot, sink) : relay(cell, *slot);
}

Peeled Peeler::relay(Bytes cell, const SlotText& slot) {
  const Bytes rest = cell.subspan(kHopBytes, slot.live);
  if (!aead_.open(slot.rest_key, rest, cell.subspan(kSlotBytes, kAeadTagBytes), rest))
    return Reject{RejectReason::kHeaderRest, slot.role};
  std::memmove(cell.data(), rest.data(), rest.size());

  std::size_t tags = kLaneTags;  // places of tags that are not this relay's to redraw
  if (slot.role != SlotRole::kCover) {
    tags = slot.role == SlotRole::kCrossover ? kTagsAtCrossover : kTagsAtOpen;
    const Bytes text = sealed_text(cell, tags);
    if (!aead_.open(slot.keys[0], text, seal_tag(cell, tags), text))
      return Reject{RejectReason::kBody, slot.role};
    --tags;
  }
  redraw_filler(cell, slot.live, tags, aead_, rng_);
  if (slot.role != SlotRole::kOpen)
    cover(cell, slot.keys[slot.role == SlotRole::kCrossover ? 1 : 0], aead_);
  return Forward{slot.next};
}

Peeled Peeler::receive(Bytes cell, const SlotText& slot, PayloadSink& sink) {
  for (std::size_t layer = slot.outer_layers; layer >= 1; --layer)
    cover(cell, slot.keys[layer], aead_);
  const Delivery delivery{slot.message, slot.cells, slot.cell_index, slot.description};
  const Bytes payload = sink.place(delivery);
  if (payload.empty()) return Reject{RejectReason::kUnwanted, slot.role, slot.outer_layers};
  if (!aead_.open(slot.keys[0], sealed_text(cell, kTagsAtReceiver), seal_tag(cell, kTagsAtReceiver),
                  payload))
    return Reject{RejectReason::kBody, slot.role, slot.outer_layers};
  return Deliver{delivery};
}

}  // namespace mixnn
