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
  network.ratchet();
  EXPECT_EQ(network.nodes[1]->epoch(), 0u);

  network.links(1, network.wrapped(network.ticket(1), 0, {}));
  EXPECT_EQ(network.nodes[1]->epoch(), 1u);
  EXPECT_EQ(network.nodes[2]->epoch(), 0u) << "each node goes on with its own first cell";
  EXPECT_EQ(reject_of(network.peel(1, unused)), RejectReason::kHeader);
  EXPECT_EQ(network.nodes[1]->epoch(), 1u);
}

TEST(Ratchet, ANodeDoesNotSkipAnEpoch) {
  Network network(3, 2);
  network.ratchet();
  Cell first = network.wrapped(network.ticket(1), 0, {});
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    network.issuer.offer(rank);
    ASSERT_TRUE(network.issuer.agree(rank, X25519KeyPair::generate().public_key));
  }
  network.issuer.ratchet();
  Cell second = network.wrapped(network.ticket(1), 0, {});
  EXPECT_EQ(reject_of(network.peel(1, second)), RejectReason::kHeader);
  EXPECT_EQ(network.nodes[1]->epoch(), 0u);
  EXPECT_TRUE(testing::forward_of(network.peel(1, first)));
  EXPECT_EQ(network.nodes[1]->epoch(), 1u);
}

TEST(Ratchet, WithoutAnAgreementThereIsNoNextEpoch) {
  Network network(3, 8);
  const EpochKeys now = network.keys[1];
  network.ratchet();
  Peeler apart(now, testing::kBits, *network.aead, network.rng);
  testing::Inbox inbox;
  Cell next = network.wrapped(network.ticket(1), 0, {});
  EXPECT_EQ(reject_of(apart.peel(next, inbox)), RejectReason::kHeader);
  EXPECT_EQ(apart.epoch(), 0u);
}

// Whoever takes the whole state of a node in epoch e has what was agreed on for e+1, and reads all
// that travels then. The agreement on e+2 is made in e+1, by secrets that were not there yet.
TEST(Ratchet, AStolenStateHealsTwoEpochsLater) {
  Network network(3, 9);
  network.agree();  // on epoch 1
  Peeler thief = *network.nodes[1];
  network.issuer.ratchet();
  testing::Inbox inbox;
  const Cell of_one = network.wrapped(network.ticket(1), 0, {});
  Cell copy = of_one, other = of_one;
  EXPECT_TRUE(testing::forward_of(network.peel(1, copy)));
  EXPECT_TRUE(testing::forward_of(thief.peel(other, inbox))) << "this test sees nothing";
  ASSERT_EQ(thief.epoch(), 1u);

  // In epoch 1 both halves of the next agreement pass the thief. What can be made of them alone is
  // not what the two share.
  std::vector<Key> known{Key()};
  const X25519KeyPair half = X25519KeyPair::generate();
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    const PublicKey offer = network.issuer.offer(rank);
    ASSERT_TRUE(network.issuer.agree(rank, half.public_key));
    if (rank != 1) continue;
    network.nodes[1]->agree(half.shared_with(offer).value());
    known.push_back(Key::from(offer));
    known.push_back(Key::from(half.public_key));
    known.push_back(X25519KeyPair::generate().shared_with(offer).value());
  }
  network.issuer.ratchet();
  const Cell of_two = network.wrapped(network.ticket(1), 0, {});
  for (const Key& guess : known) {
    thief.agree(guess);
    Cell tried = of_two;
    EXPECT_EQ(reject_of(thief.peel(tried, inbox)), RejectReason::kHeader);
  }
  EXPECT_EQ(thief.epoch(), 1u);
  copy = of_two;
  EXPECT_TRUE(testing::forward_of(network.peel(1, copy)));
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
    network.ratchet();
  }
}

TEST(Ratchet, WithoutKeysNobodyCausesOne) {
  Network network(3, 4);
  network.ratchet();
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
  const EpochKeys now = network.keys[1];
  const std::vector<Key> fresh = network.ratchet();
  const EpochKeys next = network.keys[1];
  testing::Grave<Peeler> grave;
  Peeler& peeler = grave.bear(now, testing::kBits, *network.aead, network.rng);
  peeler.agree(fresh[1]);
  EXPECT_TRUE(grave.holds(now.slot_key().bytes()));
  EXPECT_FALSE(grave.holds(fresh[1].bytes())) << "what was agreed on is kept";
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
  grave.bury();
  EXPECT_FALSE(grave.holds(next.slot_key().bytes()));
}

}  // namespace
}  // namespace mixnn
