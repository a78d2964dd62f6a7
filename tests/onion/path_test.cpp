// From wrap to the last peel: what each node of a path sees, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>

#include "mixnn/base/random.hpp"
#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

using testing::Cell;
using testing::deliver_of;
using testing::forward_of;
using testing::Inbox;
using testing::kRoles;
using testing::kSmallBody;
using testing::Network;
using testing::reject_of;

TEST(Path, ThePayloadArrivesAndEachRelaySeesItsOwnHopOnly) {
  for (const AeadSuite suite : testing::suites())
    for (const std::size_t cell_bytes : {kMinCellBytes, kMinCellBytes + 1, std::size_t{8192}})
      for (std::size_t hops = 0; hops <= kMaxHops; ++hops)
        for (const std::uint32_t cells : {1u, 3u}) {
          Network network(8, 1, suite);
          const std::size_t body = body_bytes(cell_bytes);
          for (const std::size_t size : {std::size_t{0}, std::size_t{1}, body - 1, body}) {
            const Ticket ticket = network.ticket(hops, cells);
            EXPECT_EQ(ticket.first_hop, 1u);
            std::optional<std::uint64_t> message;
            for (std::uint32_t index = 0; index < cells; ++index) {
              const auto payload = testing::random_bytes(network.rng, size);
              Cell cell = network.wrapped(ticket, index, payload, cell_bytes);
              for (std::uint32_t relay = 1; relay <= hops; ++relay) {
                const auto slot = network.slot(relay, cell);
                ASSERT_TRUE(slot);
                EXPECT_EQ(slot->role, kRoles[hops][relay - 1]);
                EXPECT_EQ(slot->outer_layers, 0u);
                EXPECT_EQ(slot->live, live_header_bytes(hops - relay));
                const Peeled peeled = network.peel(relay, cell);
                ASSERT_TRUE(forward_of(peeled)) << "relay " << relay << " of " << hops;
                EXPECT_EQ(forward_of(peeled)->next, relay + 1);
              }
              const auto slot = network.slot(Network::receiver(hops), cell);
              ASSERT_TRUE(slot);
              EXPECT_EQ(slot->role, SlotRole::kReceive);
              EXPECT_EQ(slot->outer_layers, testing::kOuterLayers[hops]);
              EXPECT_EQ(slot->next, 0u);

              Inbox inbox(body);
              const Peeled peeled = network.peel(Network::receiver(hops), cell, inbox);
              ASSERT_TRUE(deliver_of(peeled));
              const Delivery& delivery = deliver_of(peeled)->delivery;
              EXPECT_EQ(delivery.cells, cells);
              EXPECT_EQ(delivery.index, index);
              EXPECT_EQ(delivery.description, Network::kNote);
              EXPECT_EQ(delivery.message, message.value_or(delivery.message));
              message = delivery.message;
              EXPECT_TRUE(std::ranges::equal(payload, std::span(inbox.payload).first(size)));
              EXPECT_TRUE(std::ranges::all_of(std::span(inbox.payload).subspan(size),
                                              [](std::byte b) { return b == std::byte{0}; }));
            }
          }
        }
}

TEST(Path, CellsOfAMessageMayComeInAnyOrderAndNotAll) {
  Network network(8, 2);
  const Ticket ticket = network.ticket(3, 20);
  std::vector<std::uint32_t> order(20);
  std::iota(order.begin(), order.end(), 0u);
  shuffle(std::span(order), network.rng);
  order.resize(15);
  for (const std::uint32_t index : order) {
    const auto payload = testing::random_bytes(network.rng, kSmallBody);
    Inbox inbox;
    const auto links = network.links(3, network.wrapped(ticket, index, payload));
    Cell cell = links.back();
    const Peeled peeled = network.peel(4, cell, inbox);
    ASSERT_TRUE(deliver_of(peeled));
    EXPECT_EQ(deliver_of(peeled)->delivery.index, index);
    EXPECT_EQ(inbox.payload, payload);
  }
}

TEST(Path, AReplayIsRejectedAtEveryNode) {
  for (std::size_t hops = 0; hops <= kMaxHops; ++hops) {
    Network network(8, 3);
    const Ticket ticket = network.ticket(hops, 2);
    const auto links = network.links(hops, network.wrapped(ticket, 0, {}));
    Cell last = links.back();
    ASSERT_TRUE(deliver_of(network.peel(Network::receiver(hops), last)));
    network.links(hops, network.wrapped(ticket, 1, {}));  // others in between change nothing
    for (int time = 0; time < 2; ++time)
      for (std::uint32_t node = 1; node <= hops + 1; ++node) {
        Cell again = links[node - 1];
        Inbox inbox;
        EXPECT_EQ(reject_of(network.peel(node, again, inbox)), RejectReason::kReplay)
            << node << " of " << hops;
        EXPECT_EQ(inbox.asked, 0);
        EXPECT_EQ(again, links[node - 1]) << "a replay is neither opened nor sealed";
      }
  }
}

// Without this a relay past the crossover would seal two bodies under one key and nonce.
TEST(Path, AHeaderIsGoodForOneBody) {
  for (std::size_t hops = 1; hops <= kMaxHops; ++hops) {
    Network network(8, 4);
    const auto links = network.links(hops, network.wrapped(network.ticket(hops), 0, {}));
    for (std::uint32_t node = 1; node <= hops + 1; ++node) {
      Cell other = links[node - 1];
      if (node == hops + 1) network.peel(node, other);
      other = links[node - 1];
      network.rng.fill(Bytes(other).subspan(kLaneOffset));
      EXPECT_EQ(reject_of(network.peel(node, other)), RejectReason::kReplay);
    }
  }
}

// A cell that was refused for its rest or body is used up as well: it is marked before anything
// else is looked at. Relay 2 is the crossover, rank 4 the receiver.
TEST(Path, ACellThatWasRefusedIsNotTriedAgain) {
  for (const std::uint32_t node : {1u, 2u, 3u, 4u})
    for (const std::size_t at : {kSlotBytes + 3, kMinCellBytes - 1}) {
      if (at < kHeaderBytes ? node == 4 : node % 2 == 1)
        continue;  // has no rest, or does not check bodies
      Network network(8, 5);
      const Cell good = network.links(3, network.wrapped(network.ticket(3), 0, {}))[node - 1];
      Network fresh(8, 5);  // the same keys, and no serial seen
      Cell bad = good, again = good;
      bad[at] ^= std::byte{4};
      EXPECT_EQ(reject_of(fresh.peel(node, bad)),
                at < kHeaderBytes ? RejectReason::kHeaderRest : RejectReason::kBody);
      EXPECT_EQ(reject_of(fresh.peel(node, again)), RejectReason::kReplay);
    }
}

TEST(Path, AMisroutedCellIsRejectedByWhomeverItReaches) {
  for (std::size_t hops = 0; hops <= kMaxHops; ++hops) {
    Network network(8, 6);
    const auto links = network.links(hops, network.wrapped(network.ticket(hops), 0, {}));
    for (std::uint32_t node = 0; node < 8; ++node)
      for (std::size_t link = 0; link < links.size(); ++link) {
        if (node == link + 1) continue;
        Cell cell = links[link];
        EXPECT_EQ(reject_of(network.peel(node, cell)), RejectReason::kHeader)
            << node << " link " << link;
        EXPECT_EQ(cell, links[link]);
      }
    Cell cell = links.back();
    EXPECT_TRUE(deliver_of(network.peel(Network::receiver(hops), cell)))
        << "it still reaches its receiver";
  }
}

TEST(Path, InventedCellsAreRejected) {
  Network network(3, 7);
  for (int i = 0; i < 1000; ++i) {
    Cell cell = testing::random_bytes(network.rng, kMinCellBytes);
    EXPECT_EQ(reject_of(network.peel(1, cell)), RejectReason::kHeader);
  }
  EXPECT_EQ(network.nodes[1]->epoch(), 0u);
}

// Lane and body of two cells change places on some link: between two cells of one message, and
// between two messages.
TEST(Path, SwappedBodiesAreRejected) {
  for (const bool same_message : {true, false})
    for (std::size_t hops = 0; hops <= kMaxHops; ++hops)
      for (std::size_t link = 0; link <= hops; ++link) {
        Network network(8, 8);
        const Ticket a = network.ticket(hops, 2), b = network.ticket(hops, 2);
        const auto payload = testing::random_bytes(network.rng, kSmallBody);
        const auto one = network.links(hops, network.wrapped(a, 0, payload));
        const auto two = network.links(hops, network.wrapped(same_message ? a : b, 1, payload));
        Network fresh(8, 8);  // the same keys, and no serial seen
        Cell cells[2] = {one[link], two[link]};
        std::swap_ranges(cells[0].begin() + kLaneOffset, cells[0].end(),
                         cells[1].begin() + kLaneOffset);
        const std::size_t by = testing::kVoucher[hops][link];
        for (Cell& cell : cells) {
          for (std::uint32_t node = static_cast<std::uint32_t>(link + 1); node < by; ++node)
            ASSERT_TRUE(forward_of(fresh.peel(node, cell)));
          EXPECT_EQ(reject_of(fresh.peel(static_cast<std::uint32_t>(by), cell)),
                    RejectReason::kBody)
              << "hops " << hops << " link " << link;
        }
      }
}

TEST(Path, TheRestOfAnotherHeaderIsRejected) {
  for (std::size_t hops = 1; hops <= kMaxHops; ++hops)
    for (std::size_t link = 0; link < hops; ++link) {
      Network network(8, 9);
      const Ticket ticket = network.ticket(hops, 2);
      const auto one = network.links(hops, network.wrapped(ticket, 0, {}));
      const auto two = network.links(hops, network.wrapped(ticket, 1, {}));
      Network fresh(8, 9);
      Cell cell = one[link];
      std::copy(two[link].begin() + kSlotBytes, two[link].end(), cell.begin() + kSlotBytes);
      EXPECT_EQ(reject_of(fresh.peel(static_cast<std::uint32_t>(link + 1), cell)),
                RejectReason::kHeaderRest);
    }
}

TEST(Path, AReceiverThatWantsNothingRefuses) {
  for (std::size_t hops = 0; hops <= kMaxHops; ++hops) {
    Network network(8, 10);
    const auto links = network.links(hops, network.wrapped(network.ticket(hops), 0, {}));
    Inbox inbox;
    inbox.refuse = true;
    Cell cell = links.back(), again = links.back();
    EXPECT_EQ(reject_of(network.peel(Network::receiver(hops), cell, inbox)),
              RejectReason::kUnwanted);
    EXPECT_EQ(inbox.asked, 1);
    inbox.refuse = false;
    EXPECT_EQ(reject_of(network.peel(Network::receiver(hops), again, inbox)),
              RejectReason::kReplay);
    EXPECT_EQ(inbox.asked, 1);
  }
}

// Memory for a payload is asked for once all that can be checked without it has been; what is in it
// after a rejection counts for nothing.
TEST(Path, ACellThatIsAReplayOrNotForThisNodeReachesNoReceiversMemory) {
  for (std::size_t hops = 0; hops <= kMaxHops; ++hops) {
    Network network(8, 13);
    const Cell good = network.links(hops, network.wrapped(network.ticket(hops), 0, {})).back();
    const std::uint32_t receiver = Network::receiver(hops);
    Inbox inbox;
    Cell altered = good, bad_body = good, again = good;
    altered[5] ^= std::byte{1};
    EXPECT_EQ(reject_of(network.peel(receiver, altered, inbox)), RejectReason::kHeader);
    EXPECT_EQ(inbox.asked, 0);
    bad_body.back() ^= std::byte{1};
    EXPECT_EQ(reject_of(network.peel(receiver, bad_body, inbox)), RejectReason::kBody);
    EXPECT_EQ(inbox.asked, 1);
    EXPECT_EQ(reject_of(network.peel(receiver, again, inbox)), RejectReason::kReplay);
    EXPECT_EQ(inbox.asked, 1);
  }
}

// Whatever somebody on a link makes of a body, the next that opens a seal refuses it: there is no
// way of altering it that the keystreams let through.
TEST(Path, NoMarkOnABodyPassesASeal) {
  for (std::size_t hops = 1; hops <= kMaxHops; ++hops)
    for (std::size_t link = 0; link <= hops; ++link)
      for (int trial = 0; trial < 20; ++trial) {
        Network network(8, 14);
        const auto links = network.links(hops, network.wrapped(network.ticket(hops), 0, {}));
        Network fresh(8, 14);
        Cell cell = links[link];
        Csprng marks = testing::seeded(static_cast<std::uint8_t>(trial));
        // A block, a run or all of it, whether drawn anew, inverted or moved.
        const std::size_t size = trial % 3 == 0 ? 16 : trial % 3 == 1 ? 200 : kSmallBody;
        const std::size_t at =
            kBodyOffset + marks.below(static_cast<std::uint32_t>(kSmallBody - size) + 1);
        const Bytes part = Bytes(cell).subspan(at, size);
        if (trial % 4 == 0)
          marks.fill(part);
        else if (trial % 4 == 1)
          for (std::byte& b : part) b = ~b;
        else if (trial % 4 == 2)
          std::ranges::rotate(part, part.begin() + 16 % static_cast<std::ptrdiff_t>(size) + 1);
        else
          part[marks.below(static_cast<std::uint32_t>(size))] ^= std::byte{1};
        const std::uint32_t by = testing::kVoucher[hops][link];
        for (auto node = static_cast<std::uint32_t>(link + 1); node < by; ++node)
          ASSERT_TRUE(forward_of(fresh.peel(node, cell)));
        ASSERT_EQ(reject_of(fresh.peel(by, cell)), RejectReason::kBody)
            << "hops " << hops << " link " << link << " trial " << trial;
      }
}

TEST(Path, ASlotThatNoOwnerWritesIsRejected) {
  Network network(3, 11);
  SlotText good;
  good.role = SlotRole::kReceive;
  good.cells = 1;
  const auto rejected = [&](const SlotText& slot) {
    Cell cell = testing::random_bytes(network.rng, kMinCellBytes);
    std::array<std::byte, kSlotTextBytes> text;
    write_slot(slot, text);
    seal_box(network.keys[1].slot_key(), text, Bytes(cell).first(kSlotBytes));
    return reject_of(network.peel(1, cell));
  };
  SlotText slot = good;
  slot.role = static_cast<SlotRole>(9);
  EXPECT_EQ(rejected(slot), RejectReason::kSlot);
  slot = good, slot.epoch = 1;
  EXPECT_EQ(rejected(slot), RejectReason::kSlot);
  slot = good, slot.serial = std::uint64_t{1} << testing::kBits;
  EXPECT_EQ(rejected(slot), RejectReason::kSlot);
  slot = good, slot.serial = ~std::uint64_t{0};
  EXPECT_EQ(rejected(slot), RejectReason::kSlot);
  slot = good, slot.cell_index = 1;
  EXPECT_EQ(rejected(slot), RejectReason::kSlot);
  EXPECT_EQ(rejected(good), RejectReason::kBody) << "all was good but the body";
}

TEST(PathDeathTest, WrapCoversNoMoreThanItsTicket) {
  Network network(3, 12);
  const Ticket ticket = network.ticket(1, 2);
  const Cell long_payload(kSmallBody + 1);
  EXPECT_DEATH(network.wrapped(ticket, 2, {}), "does not cover");
  EXPECT_DEATH(network.wrapped(ticket, 0, long_payload), "does not cover");
}

TEST(RejectReason, EachHasItsText) {
  std::vector<std::string> texts;
  for (std::size_t reason = 0; reason < kRejectReasons; ++reason)
    texts.push_back(to_string(static_cast<RejectReason>(reason)));
  std::ranges::sort(texts);
  EXPECT_EQ(std::ranges::adjacent_find(texts), texts.end());
  EXPECT_EQ(std::ranges::count(texts, "unknown reason"), 0);
}

}  // namespace
}  // namespace mixnn
