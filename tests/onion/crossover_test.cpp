// P3: whoever pools keys and what went over all links, without the crossover relay and without one
// of the two endpoints, finds nothing that a cell on the crossover's incoming link shares with the
// same cell on its outgoing one.
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
  Adversary(const BulkAead& aead, const std::vector<Key>& keys) : aead_(aead) {
    std::unordered_set<std::string> known;  // two members may have the same key
    for (const Key& key : keys)
      if (known.insert(to_hex(key.bytes())).second) keys_.push_back(key);
  }

  // Whether anything that the keys can make of `in` and of `out` has 16 bytes of tags or body in
  // common.
  bool links_bodies(const Cell& in, const Cell& out) {
    reach(in);
    const auto from_in = std::exchange(blocks_, {});
    reach(out);
    for (const std::string& block : blocks_)
      if (from_in.contains(block)) return true;
    return false;
  }

  // Whether a key opens the slot or the rest of the header of `in`.
  bool opens_header(const Cell& in) const {
    for (const Key& key : keys_) {
      std::array<std::byte, kSlotTextBytes> text;
      if (open_box(key, ConstBytes(in).first(kSlotBytes), text)) return true;
      for (std::size_t hops = 0; hops < kMaxHops; ++hops) {
        Cell rest(in.begin() + kHopBytes,
                  in.begin() + static_cast<std::ptrdiff_t>(kHopBytes + live_header_bytes(hops)));
        if (aead_.open(key, rest, ConstBytes(in).subspan(kSlotBytes, kAeadTagBytes), rest))
          return true;
      }
    }
    return false;
  }

  int seals_opened = 0;

 private:
  // All that up to two keystreams, in any combination, and then seals make of a cell.
  void reach(const Cell& cell) {
    open_all(cell, kLaneTags);
    for (std::size_t a = 0; a < keys_.size(); ++a) {
      const Cell one = covered(cell, a);
      open_all(one, kLaneTags);
      for (std::size_t b = 0; b < a; ++b) open_all(covered(one, b), kLaneTags);
    }
  }
  Cell covered(Cell cell, std::size_t which) const {
    cover(cell, keys_[which], aead_);
    return cell;
  }
  // Seals of at most so many tags, and what is under them.
  void open_all(const Cell& cell, std::size_t most) {
    note(cell);
    for (std::size_t tags = 1; tags <= most; ++tags)
      for (const Key& key : keys_) {
        Cell inner = cell;
        const Bytes text = sealed_text(inner, tags);
        if (!aead_.open(key, text, seal_tag(inner, tags), text)) continue;
        ++seals_opened;
        open_all(inner, tags - 1);
      }
  }
  // Tags, spent ones too, and body.
  void note(const Cell& cell) {
    for (std::size_t at = kCoveredOffset; at + 16 <= cell.size(); at += 16)
      blocks_.insert(std::string(reinterpret_cast<const char*>(&cell[at]), 16));
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
    if (who.sender)
      for (std::size_t i = 0; i < ticket.layers; ++i)
        keys.insert(keys.end(),
                    {ticket.keys[i], cell_key(ticket.keys[i], 0), cell_key(ticket.keys[i], 1)});
    for (std::uint32_t relay = 1; relay <= hops; ++relay)
      if (relay != crossover(hops) || who.crossover) add_slot(relay);
    if (who.receiver) add_slot(Network::receiver(hops));
    return Adversary(*network.aead, keys);
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
  EXPECT_EQ(adversary.seals_opened, 2) << "the sender's, p_c and k, on the incoming side alone";
  EXPECT_FALSE(adversary.opens_header(incoming()));
}

TEST_P(Crossover, ReceiverAndAllOtherRelaysCannotLink) {
  Adversary adversary = pool({.receiver = true});
  EXPECT_FALSE(adversary.links_bodies(incoming(), outgoing()));
  EXPECT_EQ(adversary.seals_opened, 1) << "the receiver's, k, on the outgoing side alone";
  EXPECT_FALSE(adversary.opens_header(incoming()));
}

// What makes the two above worth something: the same search does link, as soon as the keys for it
// are there.
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
  EXPECT_EQ(adversary.seals_opened, 1) << "p_c on the way in; k stays shut";
}

INSTANTIATE_TEST_SUITE_P(Hops, Crossover, ::testing::Range(std::size_t{1}, kMaxHops + 1));

}  // namespace
}  // namespace mixnn
