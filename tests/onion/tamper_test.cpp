// P5: a flip of any live bit of a cell, on any link, is rejected; by whom and why is known. A flip
// in filler changes nothing, one in the place of a spent tag nothing that counts.
#include <gtest/gtest.h>

#include <algorithm>

#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

using testing::Cell;
using testing::deliver_of;
using testing::forward_of;
using testing::Inbox;
using testing::Network;
using testing::Part;
using testing::reject_of;

class Flips : public ::testing::TestWithParam<std::size_t> {
 protected:
  Flips() {
    Cell cell = network.wrapped(network.ticket(hops), 0, payload);
    links.push_back(cell);
    for (std::uint32_t relay = 1; relay <= hops; ++relay) {
      EXPECT_TRUE(forward_of(peel(relay, cell)));
      links.push_back(cell);
    }
  }

  // By a node that has seen nothing yet and draws its filler from a seed: what it does depends on
  // the cell alone.
  Peeled peel(std::uint32_t node, Cell& cell) {
    Csprng rng = testing::seeded(static_cast<std::uint8_t>(100 + node));
    return Peeler(network.keys[node], testing::kBits, *network.aead, rng).peel(cell, inbox);
  }
  // From the node behind link `link` to the one that refuses it, or the receiver. Gives who that
  // was.
  std::uint32_t refuser(std::size_t link, Cell& cell, std::optional<RejectReason>& reason) {
    for (auto node = static_cast<std::uint32_t>(link + 1);; ++node) {
      const Peeled peeled = peel(node, cell);
      reason = reject_of(peeled);
      if (!forward_of(peeled)) return node;
      EXPECT_EQ(forward_of(peeled)->next, node + 1);
    }
  }
  // What comes of it is delivered, and is what was sent; tags and body were never other than they
  // should be.
  void check_harmless(std::size_t link, Cell cell) {
    for (auto node = static_cast<std::uint32_t>(link + 1);; ++node) {
      const Peeled peeled = peel(node, cell);
      if (deliver_of(peeled)) break;
      ASSERT_TRUE(forward_of(peeled));
      const std::size_t live = kBodyOffset - kAeadTagBytes;
      ASSERT_TRUE(std::equal(cell.begin() + live, cell.end(), links[node].begin() + live));
    }
    ASSERT_EQ(inbox.payload, payload);
  }
  void check_flip(std::size_t link, std::size_t at, unsigned bit) {
    Cell cell = links[link];
    cell[at] ^= std::byte{1} << bit;
    const auto next = static_cast<std::uint32_t>(link + 1);
    std::ranges::fill(inbox.payload, std::byte{0});
    const Part part = testing::part_of(at, hops, link);
    if (part == Part::kSpent) return check_harmless(link, cell);
    if (part == Part::kFiller) {
      const Peeled peeled = peel(next, cell);
      if (link < hops) {
        ASSERT_TRUE(forward_of(peeled));
        ASSERT_EQ(cell, links[link + 1]) << "what was filler has no influence on what goes on";
      } else {
        ASSERT_TRUE(deliver_of(peeled));
        ASSERT_EQ(inbox.payload, payload);
      }
      return;
    }
    std::optional<RejectReason> reason;
    const std::uint32_t by = refuser(link, cell, reason);
    ASSERT_TRUE(reason.has_value()) << "delivered";
    ASSERT_EQ(by, part == Part::kLayers ? testing::kVoucher[hops][link] : next);
    ASSERT_EQ(*reason, part == Part::kSlot   ? RejectReason::kHeader
                       : part == Part::kRest ? RejectReason::kHeaderRest
                                             : RejectReason::kBody);
  }

  const std::size_t hops = GetParam();
  Network network{8, 1, testing::suites().back()};
  const Cell payload = testing::random_bytes(network.rng, testing::kSmallBody);
  std::vector<Cell> links;
  Inbox inbox;
};

// Every byte of the cell; all 8 bits of header and lane, one of the body.
TEST_P(Flips, OfLiveBitsAreRejectedAndOfFillerChangeNothing) {
  for (std::size_t link = 0; link <= hops; ++link)
    for (std::size_t at = 0; at < kMinCellBytes; ++at)
      for (unsigned bit = 0; bit < 8; ++bit) {
        if (at >= kBodyOffset && bit != at % 8) continue;
        check_flip(link, at, bit);
        if (HasFatalFailure())
          FAIL() << "hops " << hops << " link " << link << " byte " << at << " bit " << bit;
      }
}

// All of header and lane that is filler on a link was drawn by the node before it: the keystream of
// a key from its generator. Where that node opened a seal, so was what it put in the places of
// spent tags; the crossover's lies under q_c.
TEST_P(Flips, FillerIsWhatTheLastNodeDrew) {
  for (std::size_t link = 1; link <= hops; ++link) {
    Csprng rng = testing::seeded(static_cast<std::uint8_t>(100 + link));
    const Key key = rng.key();
    Cell cell = links[link];
    const SlotRole role = testing::kRoles[hops][link - 1];
    const std::size_t covered = kBodyOffset - 3 * kAeadTagBytes,
                      live = live_header_bytes(hops - link);
    if (role == SlotRole::kCrossover) {
      const auto slot = network.slot(static_cast<std::uint32_t>(link), links[link - 1]);
      const Bytes under = Bytes(cell).subspan(covered);
      network.aead->xor_keystream(slot->keys[1], under, under);
    }
    const std::size_t tags = role == SlotRole::kCover ? 3 : testing::kTagsOnLink[hops][link];
    Cell drawn(kBodyOffset - tags * kAeadTagBytes - live);
    network.aead->xor_keystream(key, drawn, drawn);
    EXPECT_TRUE(std::ranges::equal(drawn, std::span(cell).subspan(live, drawn.size()))) << link;
  }
}

INSTANTIATE_TEST_SUITE_P(Hops, Flips, ::testing::Range(std::size_t{0}, kMaxHops + 1));

}  // namespace
}  // namespace mixnn
