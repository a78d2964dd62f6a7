#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "mixnn/base/cell_pool.hpp"
#include "mixnn/crypto/aead.hpp"
#include "mixnn/rounds/table.hpp"
#include "mixnn/wire/description.hpp"

// Every size and offset of a slot, the cell of traffic in rounds.
//
//   slot  = clear (16) | lane (256) | tag P (16) | tag K (16) | body (a multiple of 64)
//   clear = exchange u64 | round u8 | draw u8 | 6 zero bytes
//   text of a circuit, sealed into tag K and body = real u8 | MessageInfo (32) | payload | zeros
//
// The lane is under the cover of its link, and on outer links the rest, too (links.hpp). Tag P, tag
// K and body are what goes on from link to link; clear and lane are made anew for each.
namespace mixnn {

inline constexpr std::size_t kMaxRoundHops = 3;
inline constexpr std::size_t kClearBytes = 16;
inline constexpr std::size_t kSlotLane = 256;
inline constexpr std::size_t kSlotHead = kClearBytes + kSlotLane + 2 * kAeadTagBytes;
inline constexpr std::size_t kTextHead = 1 + std::tuple_size_v<EncodedInfo>;

// Of a message with at most `capacity` bytes.
constexpr std::size_t slot_body_bytes(std::size_t capacity) {
  return (kTextHead + capacity + 63) / 64 * 64;
}
constexpr std::size_t slot_bytes(std::size_t capacity) {
  return kSlotHead + slot_body_bytes(capacity);
}
// Of the largest message that a slot of so many bytes holds.
constexpr std::size_t slot_capacity(std::size_t bytes) { return bytes - kSlotHead - kTextHead; }
// That a rank may hold at once. For each other rank: a slot on its way out, one of this round and
// of the next, and what the transport holds ready for what comes.
constexpr std::size_t round_pool_cells(std::size_t ranks) { return 5 * ranks; }

// The parts of one slot.
class SlotView {
 public:
  explicit SlotView(Bytes slot) : slot_(slot) {}
  Bytes clear() const { return slot_.first(kClearBytes); }
  Bytes behind_name() const { return slot_.subspan(kClearBytes); }
  Bytes lane() const { return slot_.subspan(kClearBytes, kSlotLane); }
  Bytes carried() const { return slot_.subspan(kClearBytes + kSlotLane); }
  Bytes tag_p() const { return carried().first(kAeadTagBytes); }
  Bytes under_p() const { return carried().subspan(kAeadTagBytes); }
  Bytes tag_k() const { return under_p().first(kAeadTagBytes); }
  Bytes body() const { return under_p().subspan(kAeadTagBytes); }

 private:
  Bytes slot_;
};

// Which slot of its link it is.
struct SlotName {
  std::uint64_t exchange = 0;
  std::uint8_t round = 0;
  DrawNumber draw{};
  bool operator==(const SlotName&) const = default;

  // A number that no other round has; of nonces for covers and lanes.
  std::uint64_t nonce() const { return exchange * (kMaxRoundHops + 1) + round; }
};
void write_name(const SlotName& name, Bytes clear);
std::optional<SlotName> read_name(ConstBytes clear);  // nothing if nobody writes it so
// Of a slot by which a rank says that it has not heard the owner: no name of a round.
std::optional<SlotName> read_distress(ConstBytes clear);

// What a link brought in one round.
struct LinkSlot {
  CellBuffer cell;
  bool missing = false;   // then the cell's content is worth nothing
  bool lane_bad = false;  // its lane did not open
  bool unopened = false;  // a seal of what it carries did not open

  bool bad() const { return missing || lane_bad || unopened; }
};

// What stands before the payload in the text of a circuit. Null for a dummy, which is all zeros.
using TextHead = std::array<std::byte, kTextHead>;
TextHead text_head(const MessageInfo* info);
// What a real text says; nothing if it is a dummy, or malformed.
std::optional<MessageInfo> read_head(const TextHead& head);

}  // namespace mixnn
