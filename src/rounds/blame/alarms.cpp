#include "mixnn/rounds/blame/alarms.hpp"

namespace mixnn {

void Alarms::write(std::uint64_t exchange, const Lane* to_owner, Csprng& rng, Bytes slot) {
  const SlotView view(slot);
  const SlotName name{exchange, 0, DrawNumber::kDistress};
  rng.fill(slot);
  write_name(name, view.clear());
  if (to_owner != nullptr) to_owner->seal(name, view.lane());
}

bool Alarms::hears(std::uint32_t from, Lane& lane, ConstBytes slot) {
  const std::optional<SlotName> name = read_distress(slot.first(kClearBytes));
  if (!name || !lane.open(*name, slot.subspan(kClearBytes, kSlotLane))) return false;
  distress_ = Alarm{from, name->exchange - 1};
  return true;
}

void Alarms::exchange_ended(std::uint64_t exchange) {
  for (std::uint32_t rank = 1; rank < came_.size() && !silent_; ++rank)
    if (!came_[rank]) silent_ = Alarm{rank, exchange};
  came_.assign(came_.size(), false);
}

}  // namespace mixnn
