#pragma once
#include <memory>
#include <span>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/crypto/keyed_aead.hpp"
#include "mixnn/rounds/slot.hpp"

namespace mixnn {

// What a rank says on one of its circuits in an exchange: the circuit by its first link.
struct Said {
  std::uint32_t first = 0;
  MessageInfo info;
  ConstBytes payload;
};

// The ends of one rank's circuits in one draw: N - 1 that begin here and N - 1 that end here. Each
// has a text in every exchange, real or dummy, which costs the same here; and every text is opened,
// for a receiver that left dummies closed would show by what it notices which they are.
class Circuits {
 public:
  // `secret`: the rank's own, with the owner. `aead` must outlive it.
  Circuits(const BulkAead& aead, DrawNumber draw, const DrawTable& table, const Key& secret,
           std::size_t capacity);

  // Makes tag P, tag K and body of what goes out in round 0 on the link `said->first`, or null for
  // a dummy on `first`. The slot never holds the text: others may be able to read it.
  void seal(std::uint64_t exchange, std::uint32_t first, const Said* said, SlotView slot) const;
  // The head of the text of the circuit whose last link it is; what follows, a dummy's zeros too,
  // goes to `payload`, which has the capacity's bytes. Nothing if the slot, uncovered, does not
  // open; `payload` is then worth nothing. The slot is changed.
  std::optional<TextHead> open(std::uint64_t exchange, std::uint32_t last, SlotView slot,
                               Bytes payload) const;

  std::uint8_t sent_role(std::uint32_t first) const { return sends_[first].role; }
  std::uint8_t received_role(std::uint32_t last) const { return receives_[last].role; }

 private:
  struct Sender {
    std::uint8_t role;
    std::unique_ptr<KeyedAead> p, k;
  };
  struct Receiver {
    std::uint8_t role;
    std::unique_ptr<KeyedAead> q, k;
  };
  std::vector<Sender> sends_;
  std::vector<Receiver> receives_;
  AlignedBuffer zeros_;  // a dummy's payload
};

}  // namespace mixnn
