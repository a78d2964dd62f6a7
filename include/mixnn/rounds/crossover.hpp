#pragma once
#include <memory>
#include <span>
#include <vector>

#include "mixnn/crypto/keyed_aead.hpp"
#include "mixnn/rounds/slot.hpp"

namespace mixnn {

// One rank as the crossover of a draw, where the senders' keys end and the receivers' begin. All or
// none: if one slot is missing or altered, what goes out on every link is random bytes instead, so
// that nobody learns from what fails whose slot it was. The work is the same.
class Crossover {
 public:
  // `secret`: the rank's own, with the owner. `body`: bytes of a slot's. `aead` must outlive it.
  Crossover(const BulkAead& aead, DrawNumber draw, const Key& secret, std::uint32_t own,
            std::uint32_t ranks, std::size_t body);

  // In place: `slots` by the link in, uncovered, each with a cell but that of the rank itself;
  // `next[in]` is the link out. Marks what does not open.
  void pass(std::uint64_t exchange, std::span<const std::uint8_t> next,
            std::span<LinkSlot> slots) const;

 private:
  using Keys = std::vector<std::unique_ptr<KeyedAead>>;
  bool open_all(std::uint64_t exchange, std::span<LinkSlot> slots) const;

  std::uint32_t own_;
  Keys p_, filler_;  // by the link in
  Keys q_, void_;    // by the link out
  std::vector<std::byte> zeros_;
};

}  // namespace mixnn
