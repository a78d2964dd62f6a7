// P3: whoever pools keys and what went over all links, without the crossover relay and without one of the two
// endpoints, finds nothing that a cell on the crossover's incoming link shares with the same cell on its
// outgoing one.
#include <gtest/gtest.h>

#include <unordered_set>

#include "mixnn/onion/layers.hpp"
#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

using testing::Cell;
using testing::Network;

// Who pools. Relays other than the crossover always do.
struct Coalition {
  bool sender = false, crossover = false, receiver = false;
};

class Adversary {
 public:
  Adversary(const BulkAead& aead, std::vector<Key> keys) : aead_(aead), keys_(std::move(keys)) {}

  // Whether anything that the keys can make of `in` and of `out` has 16 bytes of the body in common.
  bool links_bodies(const Cell& in, const Cell& out) {
    reach(in, true);
    const auto from_in = std::exchange(blocks_, {});
    reach(out, false);
    for (const std::string& block : blocks_)
      if (from_in.contains(block)) return true;
    return false;
  }

  // Whether a key opens the slot or the rest of the header of `in`, or the rest so opened stands in `out`.
  bool opens_header(const Cell& in) const {
    for (const Key& key : keys_) {
      std::array<std::byte, kSlotTextBytes> text;
      if (open_box(key, ConstBytes(in).first(kSlotBytes), text)) return true;
      for (std::size_t hops = 0; hops < kMaxHops; ++hops) {
        Cell rest(in.begin() + kHopBytes,
                  in.begin() + static_cast<std::ptrdiff_t>(kHopBytes + live_header_bytes(hops)));
        if (open_once(key, rest, ConstBytes(in).subspan(kSlotBytes, kAeadTagBytes))) return true;
      }
    }
    return false;
  }

  int layers_opened = 0;

 private:
  void note(const Cell& cell) {
    for (std::size_t at = kBodyOffset; at + 16 <= cell.size(); at += 16)
      blocks_.insert(std::string(reinterpret_cast<const char*>(&cell[at]), 16));
  }
  // Opens all layers that any key opens at any place of the lane; and, where told to, seals up to two over
  // what was found.
  void reach(const Cell& cell, bool and_seal) {
    note(cell);
    for (std::size_t tags = 1; tags <= kLaneTags; ++tags) open_from(cell, tags, and_seal);
  }
  void open_from(const Cell& cell, std::size_t tags, bool and_seal) {
    for (const Key& key : keys_)
      for (std::uint32_t index = 0; index < 2; ++index) {
        Cell inner = cell;
        if (tags == 0 || !open_layer(inner, tags, key, index, aead_)) continue;
        ++layers_opened;
        note(inner);
        open_from(inner, tags - 1, and_seal);
        if (and_seal) seal_onto(inner, tags - 1, 2);
      }
  }
  void seal_onto(const Cell& cell, std::size_t tags, int more) {
    if (more == 0 || tags == kLaneTags) return;
    for (const Key& key : keys_)
      for (std::uint32_t index = 0; index < 2; ++index) {
        Cell outer = cell;
        seal_layer(outer, tags, key, index, aead_);
        note(outer);
        seal_onto(outer, tags + 1, more - 1);
      }
  }

  const BulkAead& aead_;
  std::vector<Key> keys_;
  std::unordered_set<std::string> blocks_;
};

class Crossover : public ::testing::TestWithParam<std::size_t> {
 protected:
  // All keys that the members know or find in the slots of this cell: they watch every link.
  Adversary pool(const Coalition& who) const {
    std::vector<Key> keys;
    const auto add_slot = [&](std::uint32_t node) {
      keys.push_back(network.keys[node].slot_key());
      const auto slot = network.slot(node, links[node - 1]);
      if (slot->role != SlotRole::kReceive) keys.push_back(slot->rest_key);
      for (const Key& key : slot->keys)
        if (to_hex(key.bytes()) != to_hex(Key().bytes())) keys.push_back(key);
    };
    if (who.sender) keys.insert(keys.end(), ticket.keys.begin(), ticket.keys.begin() + ticket.layers);
    for (std::uint32_t relay = 1; relay <= hops; ++relay)
      if (relay != crossover(hops) || who.crossover) add_slot(relay);
    if (who.receiver) add_slot(Network::receiver(hops));
    return Adversary(*network.aead, std::move(keys));
  }
  const Cell& incoming() const { return links[crossover(hops) - 1]; }
  const Cell& outgoing() const { return links[crossover(hops)]; }

  const std::size_t hops = GetParam();
  Network network{8, static_cast<std::uint8_t>(hops), testing::suites().back()};
  const Ticket ticket = network.ticket(hops, 2);
  const std::vector<Cell> links = network.links(
      hops, network.wrapped(ticket, 1, testing::random_bytes(network.rng, testing::kSmallBody)));
};

TEST_P(Crossover, SenderAndAllOtherRelaysCannotLink) {
  Adversary adversary = pool({.sender = true});
  EXPECT_FALSE(adversary.links_bodies(incoming(), outgoing()));
  EXPECT_EQ(adversary.layers_opened, 2) << "the sender's last two layers, on the incoming side alone";
  EXPECT_FALSE(adversary.opens_header(incoming()));
}

TEST_P(Crossover, ReceiverAndAllOtherRelaysCannotLink) {
  Adversary adversary = pool({.receiver = true});
  EXPECT_FALSE(adversary.links_bodies(incoming(), outgoing()));
  EXPECT_EQ(adversary.layers_opened, 2) << "the receiver's first two layers, on the outgoing side alone";
  EXPECT_FALSE(adversary.opens_header(incoming()));
}

// What makes the two above worth something: the same search does link, as soon as the keys for it are there.
TEST_P(Crossover, WithTheCrossoverEitherEndpointLinks) {
  Adversary with_sender = pool({.sender = true, .crossover = true});
  EXPECT_TRUE(with_sender.links_bodies(incoming(), outgoing()));
  EXPECT_TRUE(with_sender.opens_header(incoming()));
  Adversary with_receiver = pool({.crossover = true, .receiver = true});
  EXPECT_TRUE(with_receiver.links_bodies(incoming(), outgoing()));
}

TEST_P(Crossover, BothEndpointsRecogniseEachOtherByTheTensor) {
  Adversary adversary = pool({.sender = true, .receiver = true});
  EXPECT_TRUE(adversary.links_bodies(incoming(), outgoing()));
  EXPECT_FALSE(adversary.opens_header(incoming()));
}

// The crossover alone sees both of its links, and it never sees the text.
TEST_P(Crossover, RelaysWithoutAnEndpointNeverSeeThePayload) {
  Adversary adversary = pool({.crossover = true});
  EXPECT_TRUE(adversary.links_bodies(incoming(), outgoing()));
  EXPECT_EQ(adversary.layers_opened, 2) << "p_c on the way in, q_c on the way out; k stays shut";
}

INSTANTIATE_TEST_SUITE_P(Hops, Crossover, ::testing::Range(std::size_t{1}, kMaxHops + 1));

}  // namespace
}  // namespace mixnn
