#include "mixnn/onion/slot.hpp"

namespace mixnn {
namespace {

template <class T>
void put(Bytes out, std::size_t at, T value) {
  std::memcpy(out.data() + at, &value, sizeof value);
}

template <class T>
T get(ConstBytes in, std::size_t at) {
  T value;
  std::memcpy(&value, in.data() + at, sizeof value);
  return value;
}

bool plausible(const SlotText& slot) {
  switch (slot.role) {
    case SlotRole::kOpen:
      if (slot.lane_tags < 3) return false;  // its own, another relay's, and k
      break;
    case SlotRole::kCrossover:
      if (slot.lane_tags != 2) return false;
      break;
    case SlotRole::kSeal:
      if (slot.lane_tags < 2 || slot.lane_tags >= kLaneTags) return false;
      break;
    case SlotRole::kReceive:
      return slot.lane_tags >= 1 && slot.lane_tags <= kSlotKeys && slot.cells > 0 && slot.cell_index < slot.cells;
    default:
      return false;
  }
  return slot.lane_tags <= kLaneTags && is_live_header(slot.live, kMaxHops - 1);
}

}  // namespace

void write_slot(const SlotText& slot, std::span<std::byte, kSlotTextBytes> out) {
  const bool receiver = slot.role == SlotRole::kReceive;
  put(out, 0, slot.role);
  put(out, 1, slot.lane_tags);
  put(out, 2, slot.live);
  put(out, 4, receiver ? slot.cells : slot.next);
  put(out, 8, slot.cell_index);
  put(out, 12, slot.epoch);
  put(out, 16, slot.serial);
  put(out, 24, slot.message);
  copy_bytes(receiver ? ConstBytes(slot.description) : slot.rest_key.bytes(), Bytes(out).subspan(32, 32));
  for (std::size_t i = 0; i < kSlotKeys; ++i) copy_bytes(slot.keys[i].bytes(), Bytes(out).subspan(64 + 32 * i, 32));
}

std::optional<SlotText> read_slot(std::span<const std::byte, kSlotTextBytes> in) {
  SlotText slot;
  slot.role = get<SlotRole>(in, 0);
  slot.lane_tags = get<std::uint8_t>(in, 1);
  slot.live = get<std::uint16_t>(in, 2);
  const bool receiver = slot.role == SlotRole::kReceive;
  (receiver ? slot.cells : slot.next) = get<std::uint32_t>(in, 4);
  slot.cell_index = get<std::uint32_t>(in, 8);
  slot.epoch = get<std::uint32_t>(in, 12);
  slot.serial = get<std::uint64_t>(in, 16);
  slot.message = get<std::uint64_t>(in, 24);
  copy_bytes(ConstBytes(in).subspan(32, 32), receiver ? Bytes(slot.description) : slot.rest_key.bytes());
  for (std::size_t i = 0; i < kSlotKeys; ++i) copy_bytes(ConstBytes(in).subspan(64 + 32 * i, 32), slot.keys[i].bytes());
  if (!plausible(slot)) return std::nullopt;
  return slot;
}

}  // namespace mixnn
