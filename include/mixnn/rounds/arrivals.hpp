#pragma once
#include <array>
#include <span>
#include <vector>

#include "mixnn/base/function_ref.hpp"
#include "mixnn/rounds/slot.hpp"

namespace mixnn {

// The slots that come to one rank, sorted into the round that it waits for and the one behind that:
// nobody who loses nothing can be further. `now` names the round that is waited for.
class Arrivals {
 public:
  Arrivals(std::uint32_t own, std::uint32_t ranks, std::size_t hops);

  enum class Taken : std::uint8_t {
    kKept,
    kOther,  // dropped: of no such round, draw or link
    kAgain,  // dropped: the first of its link and round counts; or too late
  };
  Taken take(const SlotName& now, std::uint32_t from, CellBuffer cell);

  bool all_here(const SlotName& now) const { return missing(now) == 0; }
  std::size_t missing(const SlotName& now) const { return ranks_ - 1 - round(now, 0).here; }
  bool has(const SlotName& now, std::uint32_t from) const {
    return static_cast<bool>(round(now, 0).slots[from].cell);
  }
  // Whether all whose slot has not come have sent the next: then it was lost on its way.
  bool others_are_further(const SlotName& now) const;
  bool any_here(const SlotName& now) const { return round(now, 0).here > 0; }
  bool any_is_further(const SlotName& now) const { return round(now, 1).here > 0; }
  // By link; those without a cell have not come. Whoever has worked on them says so.
  std::span<LinkSlot> slots(const SlotName& now) { return round(now, 0).slots; }
  void done(const SlotName& now);
  // What came before it was known which draw `now` has.
  void drop_other_draws(const SlotName& now, FunctionRef<void(std::uint32_t from)> dropped);

 private:
  struct Round {
    std::vector<LinkSlot> slots;
    std::size_t here = 0;
  };
  std::uint64_t place(const SlotName& name) const {
    return name.exchange * (hops_ + 1) + name.round;
  }
  const Round& round(const SlotName& now, std::uint64_t behind) const {
    return rounds_[(place(now) + behind) % rounds_.size()];
  }
  Round& round(const SlotName& now, std::uint64_t behind) {
    return rounds_[(place(now) + behind) % rounds_.size()];
  }

  std::uint32_t own_, ranks_;
  std::size_t hops_;
  std::array<Round, 2> rounds_;  // by place
};

}  // namespace mixnn
