// P7: keys go forward at the end of an epoch, and nothing of an earlier one is of use.
#include <gtest/gtest.h>

#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

using testing::Cell;
using testing::deliver_of;
using testing::Network;
using testing::reject_of;

TEST(Ratchet, TheFirstCellOfTheNextEpochRatchetsAndOldCellsAreVoid) {
  Network network(3, 1);
  Cell old = network.wrapped(network.ticket(1), 0, {});
  Cell unused = network.wrapped(network.ticket(1), 0, {});
  ASSERT_EQ(network.links(1, old).size(), 2u);
  network.issuer.ratchet();
  EXPECT_EQ(network.nodes[1]->epoch(), 0u);

  network.links(1, network.wrapped(network.ticket(1), 0, {}));
  EXPECT_EQ(network.nodes[1]->epoch(), 1u);
  EXPECT_EQ(network.nodes[2]->epoch(), 0u) << "each node goes on with its own first cell";
  EXPECT_EQ(reject_of(network.peel(1, unused)), RejectReason::kHeader);
  EXPECT_EQ(network.nodes[1]->epoch(), 1u);
}

TEST(Ratchet, ANodeDoesNotSkipAnEpoch) {
  Network network(3, 2);
  network.issuer.ratchet();
  Cell first = network.wrapped(network.ticket(1), 0, {});
  network.issuer.ratchet();
  Cell second = network.wrapped(network.ticket(1), 0, {});
  Cell copy = second;
  EXPECT_EQ(reject_of(network.peel(1, copy)), RejectReason::kHeader);
  EXPECT_EQ(network.nodes[1]->epoch(), 0u);
  EXPECT_TRUE(testing::forward_of(network.peel(1, first)));
  EXPECT_TRUE(testing::forward_of(network.peel(1, second)));
  EXPECT_EQ(network.nodes[1]->epoch(), 2u);
}

// The serials of an epoch are all used; in the next one all are good again.
TEST(Ratchet, AllSerialsAreNew) {
  Network network(2, 3, AeadSuite::kChaCha20Poly1305, 4);
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::vector<Cell> sent;
    for (int i = 0; i < 16; ++i) {
      const Ticket ticket = network.issuer.issue({}, 1, 1, Network::kNote);
      sent.push_back(network.wrapped(ticket, 0, {}));
      Cell cell = sent.back();
      ASSERT_TRUE(deliver_of(network.peel(1, cell))) << epoch << ' ' << i;
    }
    for (Cell& cell : sent) EXPECT_EQ(reject_of(network.peel(1, cell)), RejectReason::kReplay);
    network.issuer.ratchet();
  }
}

TEST(Ratchet, WithoutKeysNobodyCausesOne) {
  Network network(3, 4);
  network.issuer.ratchet();
  const Cell next = network.wrapped(network.ticket(1), 0, {});
  for (std::size_t bit = 0; bit < 8 * kSlotBytes; ++bit) {
    Cell bad = next;
    bad[bit / 8] ^= std::byte{1} << bit % 8;
    ASSERT_EQ(reject_of(network.peel(1, bad)), RejectReason::kHeader);
    ASSERT_EQ(network.nodes[1]->epoch(), 0u);
  }
  Cell misrouted = next;
  EXPECT_EQ(reject_of(network.peel(2, misrouted)), RejectReason::kHeader);
  EXPECT_EQ(network.nodes[2]->epoch(), 0u);
}

TEST(Ratchet, TheKeyOfTheEpochBeforeIsGoneFromTheNode) {
  Network network(3, 5);
  network.issuer.ratchet();
  testing::Grave<Peeler> grave;
  Peeler& peeler = grave.bear(network.keys[1], testing::kBits, *network.aead, network.rng);
  const EpochKeys now = network.keys[1], next = now.next();
  EXPECT_TRUE(grave.holds(now.slot_key().bytes()));
  testing::Grave<EpochKeys> old_keys;
  old_keys.bear(now);
  const std::vector<std::byte> old = old_keys.secrets();
  old_keys.bury();
  Cell cell = network.wrapped(network.ticket(1), 0, {});
  testing::Inbox inbox;
  ASSERT_TRUE(testing::forward_of(peeler.peel(cell, inbox)));
  EXPECT_FALSE(grave.holds(now.slot_key().bytes()));
  EXPECT_TRUE(grave.holds(next.slot_key().bytes()));
  // Nor is the chain that the old key came from: no 8 bytes of the old keys are left.
  EXPECT_FALSE(grave.holds(old));
  const EpochKeys after = next.next();
  grave.bury();
  EXPECT_FALSE(grave.holds(next.slot_key().bytes()));
  EXPECT_FALSE(grave.holds(after.slot_key().bytes()));
}

}  // namespace
}  // namespace mixnn
