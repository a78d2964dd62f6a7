#include "mixnn/rounds/arrivals.hpp"

namespace mixnn {

Arrivals::Arrivals(std::uint32_t own, std::uint32_t ranks, std::size_t hops)
    : own_(own), ranks_(ranks), hops_(hops) {
  for (Round& round : rounds_) round.slots.resize(ranks);
}

Arrivals::Taken Arrivals::take(const SlotName& now, std::uint32_t from, CellBuffer cell) {
  const std::optional<SlotName> name = read_name(SlotView(cell.bytes()).clear());
  if (from == own_ || from >= ranks_ || !name || name->round > hops_) return Taken::kOther;
  if (name->exchange < now.exchange) return Taken::kAgain;
  if (name->exchange > now.exchange + 1) return Taken::kOther;
  if (name->exchange == now.exchange && name->draw != now.draw) return Taken::kOther;
  if (place(*name) < place(now)) return Taken::kAgain;
  if (place(*name) > place(now) + 1) return Taken::kOther;
  Round& round = rounds_[place(*name) % rounds_.size()];
  if (round.slots[from].cell) return Taken::kAgain;
  round.slots[from].cell = std::move(cell);
  ++round.here;
  return Taken::kKept;
}

bool Arrivals::others_are_further(const SlotName& now) const {
  for (std::uint32_t from = 0; from < ranks_; ++from)
    if (from != own_ && !round(now, 0).slots[from].cell && !round(now, 1).slots[from].cell)
      return false;
  return true;
}

void Arrivals::done(const SlotName& now) {
  for (LinkSlot& slot : slots(now)) slot = {};
  round(now, 0).here = 0;
}

void Arrivals::drop_other_draws(const SlotName& now,
                                FunctionRef<void(std::uint32_t from)> dropped) {
  for (Round& round : rounds_)
    for (std::uint32_t from = 0; from < ranks_; ++from) {
      LinkSlot& slot = round.slots[from];
      if (!slot.cell || read_name(SlotView(slot.cell.bytes()).clear())->draw == now.draw) continue;
      slot = {};
      --round.here;
      dropped(from);
    }
}

}  // namespace mixnn
