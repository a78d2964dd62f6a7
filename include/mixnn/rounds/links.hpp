#pragma once
#include <memory>
#include <span>
#include <vector>

#include "mixnn/crypto/keyed_aead.hpp"
#include "mixnn/rounds/slot.hpp"

namespace mixnn {

// The covers of one rank's links: whoever watches a link sees other random bytes in every round.
class Links {
 public:
  // `links` by rank. `aead` must outlive it.
  Links(const BulkAead& aead, std::span<const RankTable::Link> links);

  // All of the slot but its name, in place.
  void cover(std::uint32_t to, const SlotName& name, SlotView slot) const {
    to_[to]->xor_keystream(name.nonce(), slot.covered(), slot.covered());
  }
  void uncover(std::uint32_t from, const SlotName& name, SlotView slot) const {
    from_[from]->xor_keystream(name.nonce(), slot.covered(), slot.covered());
  }

 private:
  std::vector<std::unique_ptr<KeyedAead>> to_, from_;
};

}  // namespace mixnn
