// Several exchanges one after the other: lanes, draws, going back, junk, and what a watcher sees.
#include <gtest/gtest.h>

#include <map>

#include "mixnn/base/error.hpp"
#include "mixnn/rounds/outbox.hpp"
#include "rounds/rounds_testing.hpp"

namespace mixnn {
namespace {

using testing::RoundsJob;
using testing::Text;
using testing::text_of;

const AeadSuite kAnySuite = AeadSuite::kChaCha20Poly1305;

void expect_text(const Message& message, const Text& text) {
  EXPECT_EQ(message.info.label, text.info.label);
  EXPECT_TRUE(testing::starts_with(message.payload.bytes(), text.payload));
}

// Each rank says on its lane what takes many exchanges, and the owner to each, before there are
// tables and with them.
TEST(ExchangerRun, LanesCarryLongMessagesBothWays) {
  RoundsJob job(6, 3, kAnySuite);
  std::vector<Text> to, from;
  for (std::uint32_t rank = 0; rank < 6; ++rank) {
    to.push_back(text_of(100 + rank, 3000 + rank));
    from.push_back(text_of(200 + rank, 5000 - rank));
    if (rank == 0) continue;
    job.at[0]->say(rank, to[rank].info, to[rank].payload);
    job.at[rank]->say(0, from[rank].info, from[rank].payload);
  }
  std::size_t at_owner = 0, at_others = 0;
  for (int e = 0; e < 7; ++e) {
    if (e == 2) job.install();
    const auto brought = job.exchange({}, e < 2 ? DrawNumber::kLanes : DrawNumber::kTraining);
    for (const auto& one : brought[0].lanes) {
      expect_text(one.message, from[one.rank]);
      EXPECT_EQ(one.message.payload.size(), from[one.rank].payload.size());
      ++at_owner;
    }
    for (std::uint32_t rank = 1; rank < 6; ++rank)
      for (const auto& one : brought[rank].lanes) {
        EXPECT_EQ(one.rank, 0u);
        expect_text(one.message, to[rank]);
        ++at_others;
      }
  }
  EXPECT_EQ(at_owner, 5u);
  EXPECT_EQ(at_others, 5u);
  EXPECT_EQ(job.bad(), 0u);
}

// The bulk draw: the owner reaches each rank and each rank the owner, and nobody else.
TEST(ExchangerRun, InBulkTheOwnerTalksWithEveryRank) {
  for (const std::size_t hops : {1, 2, 3}) {
    RoundsJob job(5, hops, kAnySuite);
    job.open(DrawNumber::kBulk);
    std::vector<Text> to, from;
    std::vector<std::vector<Said>> said(5);
    for (std::uint32_t rank = 0; rank < 5; ++rank) {
      to.push_back(text_of(rank, 300)), from.push_back(text_of(50 + rank, 10));
    }
    for (std::uint32_t rank = 1; rank < 5; ++rank) {
      said[0].push_back({job.bulk.first(0, rank), to[rank].info, to[rank].payload});
      const auto first = job.at[rank]->first_link(DrawNumber::kBulk, circuit_role::kOwner);
      ASSERT_EQ(first, job.bulk.first(rank, 0));
      said[rank].push_back({*first, from[rank].info, from[rank].payload});
    }
    const auto brought = job.exchange(said, DrawNumber::kTraining);
    EXPECT_EQ(brought[0].circuits.size(), 4u);
    for (const auto& one : brought[0].circuits)
      for (std::uint32_t rank = 1; rank < 5; ++rank)
        if (job.bulk.last(rank, 0) == one.last) expect_text(one.message, from[rank]);
    for (std::uint32_t rank = 1; rank < 5; ++rank) {
      ASSERT_EQ(brought[rank].circuits.size(), 1u);
      EXPECT_EQ(brought[rank].circuits[0].role, circuit_role::kOwner);
      expect_text(brought[rank].circuits[0].message, to[rank]);
    }
    EXPECT_EQ(job.at[3]->draw(), DrawNumber::kTraining) << "as the owner announced";
  }
}

// A chain 0 -> 1 -> 2 -> 0 that says one text in each logical exchange on its forward circuits.
class Chain {
 public:
  explicit Chain(RoundsJob& job) : job_(job), boxes_(job.ranks), came_(job.ranks) {}

  // Runs so many exchanges; what came, by receiver in order of its coming.
  void run(int exchanges) {
    for (int i = 0; i < exchanges; ++i) {
      std::vector<std::vector<Said>> said(job_.ranks);
      for (const std::uint32_t rank : {0u, 1u, 2u}) {
        Exchanger& at = *job_.at[rank];
        EXPECT_EQ(at.logical(), job_.at[0]->logical()) << "all count alike";
        put(rank, at.logical());
        boxes_[rank].begin(at.logical(), at.stock());
        boxes_[rank].at(at.logical(), [&](const Outbox::Circuit& circuit, const Message& message) {
          said[rank].push_back({at.first_link(DrawNumber::kTraining, circuit.role).value(),
                                message.info, message.payload.bytes()});
        });
      }
      logical_.push_back(job_.at[0]->logical());
      const auto brought = job_.exchange(said, DrawNumber::kTraining);
      for (std::uint32_t rank = 0; rank < job_.ranks; ++rank)
        for (const auto& one : brought[rank].circuits)
          came_[rank].push_back(one.message.info.label.step);
    }
  }
  const std::vector<std::uint64_t>& logical() const { return logical_; }
  // Each of the numbers from the first logical exchange on came to each rank of the chain once.
  void expect_each_once(std::uint32_t first, std::uint32_t last) {
    for (const std::uint32_t rank : {0u, 1u, 2u}) {
      std::vector<std::uint32_t> sorted = came_[rank], expected;
      std::sort(sorted.begin(), sorted.end());
      for (std::uint32_t logical = first; logical <= last; ++logical) expected.push_back(logical);
      EXPECT_EQ(sorted, expected) << "rank " << rank;
    }
  }

 private:
  void put(std::uint32_t rank, std::uint64_t logical) {
    if (!known_[rank].insert(logical).second) return;
    Message message{text_of(static_cast<std::uint32_t>(logical), 0).info, AlignedBuffer(40)};
    std::memset(message.payload.data(), static_cast<int>(logical), 40);
    boxes_[rank].put(logical, {circuit_role::kForward, 0}, std::move(message));
  }

  RoundsJob& job_;
  std::vector<Outbox> boxes_;
  std::map<std::uint32_t, std::set<std::uint64_t>> known_;
  std::vector<std::vector<std::uint32_t>> came_;
  std::vector<std::uint64_t> logical_;
};

// Drops the slots of these exchanges on a link and round.
void drop(RoundsJob& job, std::set<std::uint64_t> exchanges, int from, int to, int round) {
  job.network.on_cell([=](LoopbackNetwork::Wire& wire) {
    const auto name = read_name(SlotView(wire.cell).clear());
    const bool lost = name && exchanges.contains(name->exchange) && name->round == round &&
                      wire.from == from && wire.to == to;
    return lost ? LoopbackNetwork::Fate::kDrop : LoopbackNetwork::Fate::kDeliver;
  });
}

using Numbers = std::vector<std::uint64_t>;

TEST(ExchangerRun, WhatIsLostIsRepeatedByAllAndNothingComesTwice) {
  for (const auto& [from, to] : {std::pair{3, 4}, {0, 2}, {2, 0}, {1, 3}})
    for (int round = 0; round <= 3; ++round) {
      RoundsJob job(6, 3, kAnySuite);
      job.open(DrawNumber::kTraining);
      drop(job, {3}, from, to, round);
      Chain chain(job);
      chain.run(9);
      EXPECT_EQ(chain.logical(), (Numbers{1, 2, 3, 4, 5, 3, 4, 5, 6}));
      chain.expect_each_once(1, 6);
      EXPECT_EQ(job.at[0]->rewinds(), 1u);
    }
}

TEST(ExchangerRun, LossInARepetitionIsRepeatedOnceMore) {
  RoundsJob job(6, 3, kAnySuite);
  job.open(DrawNumber::kTraining);
  drop(job, {3, 6}, 3, 4, 0);
  Chain chain(job);
  chain.run(12);
  EXPECT_EQ(chain.logical(), (Numbers{1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5, 6}));
  chain.expect_each_once(1, 6);
}

// Whatever is lost in the two exchanges behind a loss comes again in any case.
TEST(ExchangerRun, LossInCancelledExchangesCostsNothingMore) {
  RoundsJob job(6, 3, kAnySuite);
  job.open(DrawNumber::kTraining);
  drop(job, {3, 4, 5}, 3, 4, 1);
  Chain chain(job);
  chain.run(9);
  EXPECT_EQ(chain.logical(), (Numbers{1, 2, 3, 4, 5, 3, 4, 5, 6}));
  chain.expect_each_once(1, 6);
}

// Rank 4 alone misses a slot of exchange 3, and what it reports of that in 4 does not arrive.
TEST(ExchangerRun, AReportThatIsLostCountsAsALoss) {
  RoundsJob job(6, 3, kAnySuite);
  job.open(DrawNumber::kTraining);
  job.network.on_cell([](LoopbackNetwork::Wire& wire) {
    const SlotName name = read_name(SlotView(wire.cell).clear()).value();
    const bool missed = name.exchange == 3 && name.round == 3 && wire.from == 3 && wire.to == 4;
    const bool report = name.exchange == 4 && wire.from == 4 && wire.to == 0;
    return missed || report ? LoopbackNetwork::Fate::kDrop : LoopbackNetwork::Fate::kDeliver;
  });
  Chain chain(job);
  chain.run(9);
  EXPECT_EQ(chain.logical(), (Numbers{1, 2, 3, 4, 5, 3, 4, 5, 6}));
  chain.expect_each_once(1, 6);
}

TEST(ExchangerRun, LongMessagesOnLanesSurviveLoss) {
  RoundsJob job(5, 2, kAnySuite);
  job.open(DrawNumber::kTraining);
  drop(job, {2}, 0, 3, 1);
  const Text down = text_of(1, 4000), up = text_of(2, 4000);
  job.at[0]->say(3, down.info, down.payload);
  job.at[3]->say(0, up.info, up.payload);
  std::size_t came = 0;
  for (int e = 0; e < 12; ++e) {
    const auto brought = job.exchange({}, DrawNumber::kTraining);
    for (const auto& one : brought[0].lanes) expect_text(one.message, up), ++came;
    for (const auto& one : brought[3].lanes) expect_text(one.message, down), ++came;
  }
  EXPECT_EQ(came, 2u);
  EXPECT_EQ(job.at[0]->rewinds(), 1u);
}

// Nobody may go on who does not know whether the others go back.
TEST(ExchangerRun, ARankThatHearsNothingOfTheOwnerStops) {
  RoundsJob job(5, 1, kAnySuite);
  job.open(DrawNumber::kTraining);
  job.network.on_cell([](LoopbackNetwork::Wire& wire) {
    return wire.from == 0 && wire.to == 2 ? LoopbackNetwork::Fate::kDrop
                                          : LoopbackNetwork::Fate::kDeliver;
  });
  job.exchange({}, DrawNumber::kTraining);
  EXPECT_THROW(job.at[2]->begin({}), RunError);
  job.at[1]->begin({});
}

// A slot that nobody waits for changes nothing, and who sent it is known.
TEST(ExchangerRun, JunkIsDroppedAndCounted) {
  RoundsJob job(5, 2, kAnySuite);
  job.open(DrawNumber::kTraining);
  const std::uint64_t e = job.at[0]->exchange();
  const SlotName names[] = {{e - 1, 0, DrawNumber::kTraining}, {e, 0, DrawNumber::kBulk},
                            {e, 3, DrawNumber::kTraining},     {e, 2, DrawNumber::kTraining},
                            {e + 2, 0, DrawNumber::kTraining}, {e + (1ull << 40), 0, {}}};
  for (const SlotName& name : names) {
    std::vector<std::byte> slot = testing::random_bytes(job.rng, slot_bytes(300));
    write_name(name, SlotView(slot).clear());
    job.network.inject(3, 1, slot);
  }
  job.network.inject(3, 1, testing::random_bytes(job.rng, slot_bytes(300)));
  job.network.inject(3, 1, testing::random_bytes(job.rng, slot_bytes(300) - 1));
  Chain chain(job);
  chain.run(3);
  chain.expect_each_once(1, 3);
  EXPECT_EQ(job.bad(), 0u);
  EXPECT_EQ(job.network.at(1).refusals().from(3), std::size(names) + 2);
  EXPECT_EQ(job.at[1]->counters().all_rejected(), std::size(names) + 1)
      << "sizes are the network's";
}

// It comes before rank 1 knows which draw the exchange has, and in the place of the right one.
TEST(ExchangerRun, AnEarlySlotOfAnotherDrawIsDroppedWhenTheDrawIsKnown) {
  RoundsJob job(5, 2, kAnySuite);
  job.open(DrawNumber::kTraining);
  std::vector<std::byte> slot = testing::random_bytes(job.rng, slot_bytes(300));
  write_name({job.at[1]->exchange() + 1, 0, DrawNumber::kBulk}, SlotView(slot).clear());
  job.network.on_cell([&, injected = false](LoopbackNetwork::Wire& wire) mutable {
    if (!injected && read_name(SlotView(wire.cell).clear())->round == 2 && wire.from == 1) {
      job.network.inject(3, 1, slot);
      injected = true;
    }
    return LoopbackNetwork::Fate::kDeliver;
  });
  Chain chain(job);
  chain.run(3);
  chain.expect_each_once(1, 3);
  EXPECT_EQ(job.bad(), 0u);
  EXPECT_EQ(job.network.at(1).refusals().from(3), 1u);
}

TEST(ExchangerRun, TheFirstSlotOfALinkAndRoundCounts) {
  RoundsJob job(5, 3, kAnySuite);
  job.open(DrawNumber::kTraining);
  job.network.on_cell([](LoopbackNetwork::Wire&) { return LoopbackNetwork::Fate::kDuplicate; });
  Chain chain(job);
  chain.run(4);
  chain.expect_each_once(1, 4);
  EXPECT_EQ(job.bad(), 0u);
  for (const auto& one : job.at) EXPECT_GT(one->counters().all_rejected(), 0u);
}

TEST(ExchangerRun, SlotsInAnyOrderAreSortedIntoTheirRounds) {
  RoundsJob job(8, 3, kAnySuite);
  job.open(DrawNumber::kTraining);
  job.network.reorder(true);
  Chain chain(job);
  chain.run(6);
  chain.expect_each_once(1, 6);
  EXPECT_EQ(job.bad(), 0u);
}

// New tables between two exchanges: new keys and, here, other routes.
TEST(ExchangerRun, NewTablesTakeTheOldOnesPlace) {
  RoundsJob job(6, 3, kAnySuite);
  job.open(DrawNumber::kTraining);
  Chain chain(job);
  chain.run(2);
  job.training = draw_routes(6, 3, job.rng);
  for (Key& secret : job.secrets) secret = job.rng.key();
  const std::vector<std::uint32_t> hosts{1, 2};
  job.tables = draw_tables({job.bulk, job.training, hosts, job.secrets}, job.rng);
  job.install();
  chain.run(3);
  chain.expect_each_once(1, 5);
  EXPECT_EQ(job.bad(), 0u);
}

// What a watcher of all links sees: from, to, size and name of each slot, in order.
using Sight = std::vector<std::tuple<int, int, std::size_t, std::string>>;
Sight watch(std::vector<std::uint32_t> hosts, bool speaking,
            std::vector<std::byte>* all = nullptr) {
  RoundsJob job(8, 3, kAnySuite, std::move(hosts), 300, speaking ? 1 : 2);
  Sight sight;
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    sight.emplace_back(wire.from, wire.to, wire.cell.size(), to_hex(SlotView(wire.cell).clear()));
    const ConstBytes hidden = SlotView(wire.cell).behind_name();
    if (all != nullptr) all->insert(all->end(), hidden.begin(), hidden.end());
    return LoopbackNetwork::Fate::kDeliver;
  });
  const Text long_one = text_of(1, 9000);
  if (speaking) job.at[0]->say(3, long_one.info, long_one.payload);
  job.open(DrawNumber::kBulk);
  job.exchange({}, DrawNumber::kTraining);
  for (int e = 0; e < 4; ++e) {
    std::vector<std::vector<Said>> said(8);
    for (std::uint32_t rank = 0; rank < 8 && speaking; ++rank)
      if (const auto first =
              job.at[rank]->first_link(DrawNumber::kTraining, circuit_role::kForward))
        said[rank].push_back({*first, long_one.info, ConstBytes(long_one.payload).first(300)});
    job.exchange(said, DrawNumber::kTraining);
  }
  return sight;
}

TEST(ExchangerRun, AWatcherSeesTheSameWhateverTheRanksDoAndSay) {
  const Sight quiet = watch({1}, false), busy = watch({6, 3, 4}, true);
  EXPECT_EQ(quiet, busy);
  EXPECT_EQ(quiet.size(), 6u * 4 * 8 * 7);
  std::map<std::pair<int, int>, int> by_link;
  for (const auto& [from, to, size, name] : quiet) {
    EXPECT_EQ(size, slot_bytes(300));
    ++by_link[{from, to}];
  }
  EXPECT_EQ(by_link.size(), 56u);
  for (const auto& [link, slots] : by_link) EXPECT_EQ(slots, 24);
}

// Behind the names there is nothing that does not look random, dummies, lanes and void bytes too.
TEST(ExchangerRun, EverythingBehindTheNameLooksRandom) {
  std::vector<std::byte> seen;
  watch({1, 2}, true, &seen);
  EXPECT_LT(testing::chi_square(testing::byte_counts(seen)), testing::kChi255p1e9);
  std::set<std::string> blocks;
  for (std::size_t at = 0; at + 16 <= seen.size(); at += 16)
    EXPECT_TRUE(blocks.insert(to_hex(ConstBytes(seen).subspan(at, 16))).second);
}

// Nobody that holds the cells of a pool may read what a rank has opened: no text is ever in a slot.
TEST(ExchangerRun, RelaysSeeNoTextAndNoSlotTwice) {
  RoundsJob job(6, 3, kAnySuite);
  job.open(DrawNumber::kTraining);
  std::vector<std::vector<std::byte>> carried;
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
    const auto name = read_name(SlotView(wire.cell).clear()).value();
    std::vector<std::byte> copy(wire.cell.begin(), wire.cell.end());
    // As the receiving rank sees it, with the link's cover taken off.
    const Links links(*job.aead, job.tables[static_cast<std::size_t>(wire.to)].links, 3);
    links.uncover(static_cast<std::uint32_t>(wire.from), name, SlotView(copy));
    if (wire.from != 0 && wire.to != 0) {
      const Bytes lane = SlotView(copy).lane();
      EXPECT_EQ(std::count(lane.begin(), lane.end(), std::byte{0}), kSlotLane)
          << "no way for marks";
    }
    const Bytes body = SlotView(copy).carried();
    carried.emplace_back(body.begin(), body.end());
    return LoopbackNetwork::Fate::kDeliver;
  });
  Chain chain(job);
  chain.run(1);
  std::map<std::string, int> seen;
  for (const auto& body : carried) {
    EXPECT_FALSE(testing::contains(body, std::vector<std::byte>(16)));
    ++seen[to_hex(ConstBytes(body).last(32))];
  }
  // The first relay and the last hand on what they got; at the crossover all is new.
  for (const auto& [body, times] : seen) EXPECT_EQ(times, 2);
  EXPECT_EQ(seen.size(), 2u * 6 * 5);
}

}  // namespace
}  // namespace mixnn
