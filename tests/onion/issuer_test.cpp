#include "mixnn/onion/issuer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "mixnn/base/random.hpp"
#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

using testing::Cell;
using testing::Network;

TEST(TicketIssuer, SerialsOfANodeAreDistinctInAnEpochAndUseItUp) {
  Network network(3, 1, AeadSuite::kChaCha20Poly1305, 6);
  EXPECT_EQ(network.issuer.serials_left(), 64u);
  std::set<std::uint64_t> relay, receiver;
  for (int i = 0; i < 32; ++i) {
    const Ticket ticket = network.ticket(1, 2);
    for (std::uint32_t index = 0; index < 2; ++index) {
      Cell cell = network.wrapped(ticket, index, {});
      const auto at_relay = network.slot(1, cell);
      ASSERT_TRUE(at_relay);
      EXPECT_EQ(at_relay->epoch, 0u);
      EXPECT_TRUE(relay.insert(at_relay->serial).second);
      ASSERT_TRUE(testing::forward_of(network.peel(1, cell)));
      EXPECT_TRUE(receiver.insert(network.slot(2, cell)->serial).second);
    }
    EXPECT_EQ(network.issuer.serials_left(), 64u - 2u * static_cast<unsigned>(i + 1));
  }
  EXPECT_EQ(relay.size(), 64u);
  EXPECT_EQ(*relay.rbegin(), 63u);
  EXPECT_NE(std::vector(relay.begin(), relay.end()).size(), 0u);
  EXPECT_DEATH(network.ticket(1, 1), "used up");

  network.ratchet();
  EXPECT_EQ(network.issuer.epoch(), 1u);
  EXPECT_EQ(network.issuer.serials_left(), 64u);
}

// The order of serials differs between nodes and between epochs of one node.
TEST(TicketIssuer, SerialsAreDealtInAnOrderOfTheirOwn) {
  Network network(3, 2);
  std::vector<std::vector<std::uint64_t>> orders;
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::vector<std::uint64_t> first, second;
    for (int i = 0; i < 20; ++i) {
      Cell cell = network.wrapped(network.ticket(1), 0, {});
      first.push_back(network.slot(1, cell)->serial);
      ASSERT_TRUE(testing::forward_of(network.peel(1, cell)));
      second.push_back(network.slot(2, cell)->serial);
    }
    orders.push_back(first);
    orders.push_back(second);
    network.ratchet();
  }
  for (std::size_t i = 0; i < orders.size(); ++i) {
    EXPECT_FALSE(std::ranges::is_sorted(orders[i]));
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(orders[i], orders[j]);
  }
}

TEST(TicketIssuer, OffersAreFreshForEachNodeAndEpochAndAPointOfLowOrderIsNoAnswer) {
  Network network(3, 7);
  std::set<PublicKey> seen;
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (std::uint32_t rank = 0; rank < 3; ++rank)
      EXPECT_TRUE(seen.insert(network.issuer.offer(rank)).second);
    network.ratchet();
  }
  network.issuer.offer(1);
  EXPECT_FALSE(network.issuer.agree(1, PublicKey{}));
  EXPECT_DEATH(static_cast<void>(network.issuer.agree(1, PublicKey{})), "an answer to no offer");
  EXPECT_DEATH(network.issuer.ratchet(), "has not agreed");
}

TEST(TicketIssuer, RoutesAreTaken) {
  Network network(10, 3);
  Csprng rng = testing::seeded(9);
  for (int round = 0; round < 200; ++round) {
    std::array<std::uint32_t, 10> order;
    std::iota(order.begin(), order.end(), 0u);
    shuffle(std::span(order), rng);
    const std::size_t hops = rng.below(kMaxHops + 1);
    const std::uint32_t receiver = order[hops];
    const Ticket ticket =
        network.issuer.issue(std::span(order).first(hops), receiver, 1, Network::kNote);
    EXPECT_EQ(ticket.first_hop, order[0]);
    Cell cell = network.wrapped(ticket, 0, {});
    for (std::size_t hop = 0; hop < hops; ++hop) {
      const Peeled peeled = network.peel(order[hop], cell);
      ASSERT_TRUE(testing::forward_of(peeled));
      EXPECT_EQ(testing::forward_of(peeled)->next, order[hop + 1]);
    }
    EXPECT_TRUE(testing::deliver_of(network.peel(receiver, cell)));
  }
}

// What the nodes of a path are told about one cell has nothing random in common but the body keys
// that two of them share.
TEST(TicketIssuer, NothingLinksTheSlotsOfTheRelaysOfAMessage) {
  Network network(8, 4);
  for (std::size_t hops = 2; hops <= kMaxHops; ++hops) {
    const Ticket ticket = network.ticket(hops, 2);
    std::vector<std::vector<std::uint64_t>> words;  // of each relay, both cells
    for (std::uint32_t relay = 1; relay <= hops; ++relay) words.emplace_back();
    for (std::uint32_t index = 0; index < 2; ++index) {
      const auto links = network.links(hops, network.wrapped(ticket, index, {}));
      for (std::uint32_t relay = 1; relay <= hops; ++relay) {
        const auto slot = network.slot(relay, links[relay - 1]);
        ASSERT_TRUE(slot);
        std::array<std::byte, kSlotTextBytes> text;
        write_slot(*slot, text);
        for (std::size_t at = 16; at < text.size(); at += 8) {  // serial, rest key, keys
          std::uint64_t word;
          std::memcpy(&word, &text[at], 8);
          if (word >> 16 != 0)
            words[relay - 1].push_back(word);  // small serials and unused keys say nothing
        }
      }
    }
    for (std::size_t a = 0; a < hops; ++a)
      for (std::size_t b = 0; b < a; ++b)
        for (const std::uint64_t word : words[a]) EXPECT_EQ(std::ranges::count(words[b], word), 0);
  }
}

// A key for each layer of each cell; k and p_c .. p_1 are what the sender derives, and what it
// derives them from is no key of a cell.
TEST(TicketIssuer, KeysAreForOneLayerOfOneCell) {
  Network network(8, 5);
  std::multiset<std::string> seen;
  const auto see = [&](const Key& key) { seen.insert(to_hex(key.bytes())); };
  for (std::size_t hops = 0; hops <= kMaxHops; ++hops)
    for (int i = 0; i < 20; ++i) {
      const Ticket ticket = network.ticket(hops, 2);
      for (std::size_t k = 0; k < ticket.layers; ++k) see(ticket.keys[k]);
      for (std::uint32_t index = 0; index < 2; ++index) {
        const auto links = network.links(hops, network.wrapped(ticket, index, {}));
        const auto last = network.slot(Network::receiver(hops), links[hops]);
        see(last->keys[0]);
        EXPECT_EQ(to_hex(last->keys[0].bytes()), to_hex(cell_key(ticket.keys[0], index).bytes()));
        for (std::uint32_t relay = 1; relay <= hops; ++relay) {
          const auto slot = network.slot(relay, links[relay - 1]);
          see(slot->rest_key);
          see(slot->keys[0]);
          const std::size_t c = crossover(hops);
          if (relay <= c) {
            EXPECT_EQ(to_hex(slot->keys[0].bytes()),
                      to_hex(cell_key(ticket.keys[c - relay + 1], index).bytes()));
          }
          if (relay < c) continue;
          const Key& q = slot->keys[relay == c ? 1 : 0];
          if (relay == c) see(q);
          EXPECT_EQ(to_hex(q.bytes()), to_hex(last->keys[relay - c + 1].bytes()));
        }
      }
    }
  for (const std::string& key : seen) EXPECT_EQ(seen.count(key), 1u);
}

TEST(TicketIssuerDeathTest, TicketsThatCannotBeStopTheProgram) {
  Network network(8, 6);
  const auto six = Network::path(6);
  EXPECT_DEATH(network.issuer.issue(six, 7, 1, Network::kNote), "cannot be");
  EXPECT_DEATH(network.issuer.issue({}, 8, 1, Network::kNote), "cannot be");
  EXPECT_DEATH(network.issuer.issue({}, 1, 0, Network::kNote), "cannot be");
  const std::uint32_t nobody[] = {8};
  EXPECT_DEATH(network.issuer.issue(nobody, 1, 1, Network::kNote), "not there");
}

}  // namespace
}  // namespace mixnn
