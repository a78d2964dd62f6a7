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
    case SlotRole::kCover:
    case SlotRole::kOpen:
    case SlotRole::kCrossover:
      return slot.outer_layers == 0 && is_live_header(slot.live, kMaxHops - 1) &&
             slot.cell_index == 0 && slot.message == 0;
    case SlotRole::kReceive:
      return slot.outer_layers < kSlotKeys && slot.cells > 0 && slot.cell_index < slot.cells;
  }
  return false;
}

}  // namespace

void write_slot(const SlotText& slot, std::span<std::byte, kSlotTextBytes> out) {
  const bool receiver = slot.role == SlotRole::kReceive;
  put(out, slot_at::kRole, slot.role);
  put(out, slot_at::kOuterLayers, slot.outer_layers);
  put(out, slot_at::kLive, slot.live);
  put(out, slot_at::kNextOrCells, receiver ? slot.cells : slot.next);
  put(out, slot_at::kCellIndex, slot.cell_index);
  put(out, slot_at::kEpoch, slot.epoch);
  put(out, slot_at::kSerial, slot.serial);
  put(out, slot_at::kMessage, slot.message);
  copy_bytes(receiver ? ConstBytes(slot.description) : slot.rest_key.bytes(),
             Bytes(out).subspan(slot_at::kRestOrWhat));
  for (std::size_t i = 0; i < kSlotKeys; ++i)
    copy_bytes(slot.keys[i].bytes(), Bytes(out).subspan(slot_at::kKeys + i * Key::size()));
}

std::optional<SlotText> read_slot(std::span<const std::byte, kSlotTextBytes> in) {
  SlotText slot;
  slot.role = get<SlotRole>(in, slot_at::kRole);
  slot.outer_layers = get<std::uint8_t>(in, slot_at::kOuterLayers);
  slot.live = get<std::uint16_t>(in, slot_at::kLive);
  const bool receiver = slot.role == SlotRole::kReceive;
  (receiver ? slot.cells : slot.next) = get<std::uint32_t>(in, slot_at::kNextOrCells);
  slot.cell_index = get<std::uint32_t>(in, slot_at::kCellIndex);
  slot.epoch = get<std::uint32_t>(in, slot_at::kEpoch);
  slot.serial = get<std::uint64_t>(in, slot_at::kSerial);
  slot.message = get<std::uint64_t>(in, slot_at::kMessage);
  const Bytes rest_or_what = receiver ? Bytes(slot.description) : slot.rest_key.bytes();
  copy_bytes(ConstBytes(in).subspan(slot_at::kRestOrWhat, rest_or_what.size()), rest_or_what);
  for (std::size_t i = 0; i < kSlotKeys; ++i)
    copy_bytes(ConstBytes(in).subspan(slot_at::kKeys + i * Key::size(), Key::size()),
               slot.keys[i].bytes());
  if (!plausible(slot)) return std::nullopt;
  return slot;
}

}  // namespace mixnn
