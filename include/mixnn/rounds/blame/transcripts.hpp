#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/rounds/rewind.hpp"
#include "mixnn/rounds/slot.hpp"

namespace mixnn {

// What was wrong with a slot, as the rank says that it came to: bits.
namespace slot_fault {
inline constexpr std::uint8_t kMissing = 1, kLane = 2, kUnopened = 4;
inline constexpr std::uint8_t kLate = 8;  // missed, and came behind that
inline constexpr std::uint8_t kAbsent = kMissing | kLate;
}  // namespace slot_fault
using Faults = std::array<std::uint8_t, kMaxRoundHops + 1>;  // of one link, by round

// The rounds whose slots are kept: the first, and the last before the receivers. In the others a
// seal tells the rank that a slot comes to whether it is right, and what it says of that is enough
// (judge.hpp).
constexpr std::size_t kept_rounds(std::size_t hops) { return hops > 1 ? 2 : 1; }
constexpr std::uint8_t kept_round(std::size_t hops, std::size_t i) {
  return i == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(hops - 1);
}

// Of one exchange.
struct Transcript {
  std::uint64_t exchange = 0;
  DrawNumber draw{};
  std::vector<Faults> faults;  // by link
  std::vector<std::byte> slots;
  std::size_t carried = 0;  // bytes of one

  // What the link brought in that kept round, without covers. Of a missing slot it says nothing.
  ConstBytes slot(std::size_t i, std::uint32_t link) const {
    return ConstBytes(slots).subspan((i * faults.size() + link) * carried, carried);
  }
};

// What a rank keeps of the last exchanges, for as long as the owner may ask what came to it. The
// slots are copied, not hashed: a hash of each would cost several times what sealing does.
class Transcripts {
 public:
  Transcripts(std::uint32_t own, std::uint32_t ranks, std::size_t hops, std::size_t capacity);

  // Of the one before the last kKeptLogical nothing is left.
  void begin(std::uint64_t exchange, DrawNumber draw);
  // A round of it: once its covers are off, and once it is worked on.
  void keep(std::uint8_t round, std::span<const LinkSlot> in);
  void note(std::uint8_t round, std::span<const LinkSlot> in);
  // A slot that was missed has come after all: then its sender was late, and has not kept it back.
  void came_late(const SlotName& name, std::uint32_t link);
  const Transcript& of(std::uint64_t exchange) const;  // begun, and one of the last kKeptLogical

  // That slots of this size take at one rank.
  static std::size_t bytes(std::size_t ranks, std::size_t hops, std::size_t capacity);

 private:
  Transcript& now() { return kept_[exchange_ % kept_.size()]; }

  std::uint32_t own_;
  std::size_t hops_;
  std::uint64_t exchange_ = 0;
  std::array<Transcript, kKeptLogical> kept_;  // by exchange, in turns
};

}  // namespace mixnn
