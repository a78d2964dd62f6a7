#pragma once
#include <memory>
#include <span>
#include <vector>

#include "mixnn/crypto/keyed_aead.hpp"
#include "mixnn/rounds/slot.hpp"

namespace mixnn {

// The covers of one rank's links: whoever watches a link sees other random bytes in every round.
//
// A relay that is no crossover hands on what it got. So one of its two links has a cover, the outer
// one: a circuit's first link with three hops, its last with two or three. On the others the slot
// itself is new and looks random; there a cover is over the lane alone.
class Links {
 public:
  // `links` by rank. `aead` must outlive it.
  Links(const BulkAead& aead, std::span<const RankTable::Link> links, std::size_t hops);

  // In place.
  void cover(std::uint32_t to, const SlotName& name, SlotView slot) const {
    const Bytes under = under_cover(name.round, slot);
    to_[to]->xor_keystream(name.nonce(), under, under);
  }
  void uncover(std::uint32_t from, const SlotName& name, SlotView slot) const {
    const Bytes under = under_cover(name.round, slot);
    from_[from]->xor_keystream(name.nonce(), under, under);
  }

 private:
  Bytes under_cover(std::size_t round, SlotView slot) const {
    const bool outer = (round == 0 && hops_ == 3) || (round == hops_ && hops_ >= 2);
    return outer ? slot.behind_name() : slot.lane();
  }

  std::size_t hops_;
  std::vector<std::unique_ptr<KeyedAead>> to_, from_;
};

}  // namespace mixnn
