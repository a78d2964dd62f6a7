#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "mixnn/crypto/aead.hpp"

// Every size and offset of a cell, shared by all that write or read one (docs/protocol.md, "The
// cell").
//
//   cell   = header (1472) | tag lane (64) | body (the rest)
//   header = slot | rest tag | rest ...            what is past the live part is random
//   slot   = nonce (24) | sealed slot text (192) | tag (16), under the epoch key of the node that
//   it is for
//
// Little-endian throughout. A cell has one constant size for a whole run.
namespace mixnn {

inline constexpr std::size_t kMaxHops = 5;

// Where the fields of a slot's text stand, before it is sealed.
namespace slot_at {
inline constexpr std::size_t kRole = 0;         // u8
inline constexpr std::size_t kOuterLayers = 1;  // u8
inline constexpr std::size_t kLive = 2;         // u16
inline constexpr std::size_t kNextOrCells = 4;  // u32: relay or receiver
inline constexpr std::size_t kCellIndex = 8;    // u32: receiver; 0 for a relay
inline constexpr std::size_t kEpoch = 12;       // u32
inline constexpr std::size_t kSerial = 16;      // u64
inline constexpr std::size_t kMessage = 24;     // u64: receiver; 0 for a relay
inline constexpr std::size_t kRestOrWhat =
    32;                                   // 32 bytes: rest key (relay) or description (receiver)
inline constexpr std::size_t kKeys = 64;  // 4 x 32
}  // namespace slot_at
inline constexpr std::size_t kDescriptionBytes = 32;
inline constexpr std::size_t kSlotKeys = 4;
inline constexpr std::size_t kSlotTextBytes = slot_at::kKeys + kSlotKeys * Key::size();
inline constexpr std::size_t kSlotBytes = kSlotTextBytes + kBoxOverhead;

// A hop strips its slot and the tag of the rest.
inline constexpr std::size_t kHopBytes = kSlotBytes + kAeadTagBytes;
inline constexpr std::size_t kHeaderBytes = kMaxHops * kHopBytes + kSlotBytes;
// The live part of a header with `hops` relays still to come.
constexpr std::size_t live_header_bytes(std::size_t hops) { return hops * kHopBytes + kSlotBytes; }
// Whether `bytes` is the live part of a header with at most `max_hops` relays still to come.
constexpr bool is_live_header(std::size_t bytes, std::size_t max_hops) {
  return bytes >= kSlotBytes && bytes <= live_header_bytes(max_hops) &&
         (bytes - kSlotBytes) % kHopBytes == 0;
}

// The lane ends in the places of three tags, the last of them k's. What is before them is filler,
// so that the body starts on a cache line.
inline constexpr std::size_t kLaneTags = 3;
inline constexpr std::size_t kLaneBytes = 64;
inline constexpr std::size_t kLaneOffset = kHeaderBytes;
inline constexpr std::size_t kBodyOffset = kHeaderBytes + kLaneBytes;
inline constexpr std::size_t kCoveredOffset = kBodyOffset - kLaneTags * kAeadTagBytes;

// The smallest body holds one ticket of a one-cell message over five hops, and the control cell
// with reserve tickets.
inline constexpr std::size_t kMinBodyBytes = 1792;
inline constexpr std::size_t kMinCellBytes = kBodyOffset + kMinBodyBytes;
inline constexpr std::size_t kMaxCellBytes = std::size_t{16} << 20;
constexpr std::size_t body_bytes(std::size_t cell_bytes) { return cell_bytes - kBodyOffset; }

// The relay at which the sender's keys end and the receiver's begin: ceil(hops / 2), counted
// from 1.
constexpr std::size_t crossover(std::size_t hops) { return (hops + 1) / 2; }
// Body layers on the first link (the sender's: k and p_c .. p_1) and on the last one (the
// receiver's: k and q_c .. q_n).
constexpr std::size_t sender_layers(std::size_t hops) { return 1 + crossover(hops); }
constexpr std::size_t receiver_layers(std::size_t hops) {
  return hops == 0 ? 1 : hops - crossover(hops) + 2;
}
inline constexpr std::size_t kMaxSenderLayers = sender_layers(kMaxHops);

enum class SlotRole : std::uint8_t {
  kCover =
      1,  // relay 1, or one behind the crossover: takes p off or puts q on, which is one operation
  kOpen = 2,       // a relay between the first and the crossover: opens p
  kCrossover = 3,  // opens p, puts q on
  kReceive = 4,    // takes q_n .. q_c off and opens k
};

// Of a sender's layers, k first, so many are seals; a cover may follow, for the first of several
// relays.
constexpr std::size_t sender_seals(std::size_t layers) { return layers > 2 ? layers - 1 : layers; }
constexpr SlotRole relay_role(std::size_t position, std::size_t hops) {  // position counts from 1
  if (position == crossover(hops)) return SlotRole::kCrossover;
  return position > 1 && position < crossover(hops) ? SlotRole::kOpen : SlotRole::kCover;
}

// Passes over a cell at one place of its way: seals put on or opened, covers put on or taken off.
struct Passes {
  std::size_t seals = 0, covers = 0;
};
constexpr Passes sender_passes(std::size_t hops) {
  const std::size_t layers = sender_layers(hops), seals = sender_seals(layers);
  return {seals, layers - seals};
}
constexpr Passes relay_passes(SlotRole role) {
  return {role == SlotRole::kCover ? 0u : 1u, role == SlotRole::kOpen ? 0u : 1u};
}
constexpr Passes receiver_passes(std::size_t hops) { return {1, receiver_layers(hops) - 1}; }

static_assert(kHeaderBytes == 1472 && kBodyOffset % 64 == 0, "the body starts on a cache line");
static_assert(sender_passes(kMaxHops).seals <= kLaneTags);
static_assert(receiver_layers(4) <= kSlotKeys && receiver_layers(kMaxHops) <= kSlotKeys);

using Description = std::array<std::byte, kDescriptionBytes>;

// What one slot says to its node. Relays never see a description, receivers never a next hop. All
// keys are for one cell: a relay's slot has nothing in common with that of another cell of the
// message.
struct SlotText {
  SlotRole role{};
  std::uint8_t outer_layers = 0;  // receiver: q_c .. q_n
  std::uint16_t live = 0;         // relay: bytes of header that are live after this hop
  std::uint32_t next = 0;         // relay: rank of the next hop
  std::uint32_t cells = 0;        // receiver: cells of the message
  std::uint32_t cell_index = 0;   // receiver: in the message
  std::uint32_t epoch = 0;
  std::uint64_t serial = 0;         // private to (node, epoch)
  std::uint64_t message = 0;        // receiver: the same for the cells of one message
  Key rest_key;                     // relay
  Description description{};        // receiver
  std::array<Key, kSlotKeys> keys;  // relay: p, or p and q, or q; receiver: k, q_c .. q_n
};

}  // namespace mixnn
