#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "mixnn/crypto/random.hpp"
#include "mixnn/onion/epoch.hpp"
#include "mixnn/onion/format.hpp"
#include "mixnn/onion/replay.hpp"

namespace mixnn {

// Why a cell was refused.
enum class RejectReason : std::uint8_t {
  kHeader,  // no slot for this node in this or the next epoch: altered, forged, misrouted or of an
            // earlier epoch
  kSlot,    // the slot says what no owner writes
  kReplay,  // this serial was seen before
  kHeaderRest,  // the rest of the header was altered
  kBody,        // the body or its tags were altered
  kUnwanted,    // well sealed, but its receiver has no use for it
};
inline constexpr std::size_t kRejectReasons = 6;
// Whether the run loses a cell by it: its slot was genuine and new. What is not genuine, or comes
// again, anybody can send, and nothing is lost if it is dropped.
constexpr bool is_loss(RejectReason reason) {
  return reason != RejectReason::kHeader && reason != RejectReason::kReplay;
}
std::string to_string(RejectReason reason);

// What a receiver learns of a cell.
struct Delivery {
  std::uint64_t message = 0;  // the same for all cells of one message
  std::uint32_t cells = 0;    // of the message
  std::uint32_t index = 0;    // of this cell
  Description description{};
};

// The three things that can become of a cell. A forwarded cell has been rewritten in place for its
// next hop.
struct Forward {
  std::uint32_t next = 0;
};
struct Deliver {
  Delivery delivery;
};
struct Reject {
  RejectReason reason{};
  SlotRole role{};                // if its slot could be opened
  std::uint8_t outer_layers = 0;  // of a receiver
};
using Peeled = std::variant<Forward, Deliver, Reject>;

// Where a receiver wants a payload: asked once the header has proved good.
class PayloadSink {
 public:
  virtual ~PayloadSink() = default;
  // Memory of exactly one body for this cell's payload; empty to refuse the cell. It counts only if
  // peel gives Deliver.
  virtual Bytes place(const Delivery& delivery) = 0;
};

// Takes a node's layer off cells: one piece of code for relays, stage hosts and the owner.
class Peeler {
 public:
  // `rng` and `aead` must outlive the peeler.
  Peeler(const EpochKeys& keys, unsigned serial_bits, const BulkAead& aead, Csprng& rng);

  // Relay: takes off and puts on layers in place, redraws filler. Receiver: opens into what `sink`
  // gives. The serial is checked once the slot is open, and marked before anything is sealed or
  // delivered. A slot under the next epoch's key, once it is agreed on, ratchets this node first:
  // earlier keys are wiped and all serials are new.
  Peeled peel(Bytes cell, PayloadSink& sink);

  std::uint32_t epoch() const { return keys_.epoch(); }
  // What goes into the keys of the next epoch. Until then this node knows none of it.
  void agree(const Key& fresh) { next_keys_ = keys_.next(fresh); }

 private:
  std::optional<SlotText> open_slot(Bytes cell);
  Peeled relay(Bytes cell, const SlotText& slot);
  Peeled receive(Bytes cell, const SlotText& slot, PayloadSink& sink);

  EpochKeys keys_;
  std::optional<EpochKeys> next_keys_;  // once they are agreed on
  ReplayBitmap seen_;
  const BulkAead& aead_;
  Csprng& rng_;
};

}  // namespace mixnn
