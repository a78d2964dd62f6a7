#include "mixnn/machine/host_ways.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "machine/forked_host.hpp"
#include "mixnn/machine/cores.hpp"
#include "mixnn/machine/doorbell_turns.hpp"
#include "mixnn/machine/polling_turns.hpp"
#include "mixnn/machine/seat_turns.hpp"
#include "mixnn/machine/socket_turns.hpp"

namespace mixnn {
namespace {

using testing_machine::run_on_host;

// Eight ranks on two cores, all on this host and these cores, whose cells are shared.
HostFacts crowded_host() {
  HostFacts facts;
  facts.ranks = 8;
  facts.cores = 2;
  facts.cells_shared = facts.all_here = facts.same_cores = true;
  return facts;
}

TEST(HostWaysTest, RanksThatShareCoresTakeSeats) {
  HostFacts facts = crowded_host();
  EXPECT_EQ(choose_way(facts), WayToWait::kSeats);
  facts.cores = 7;
  EXPECT_EQ(choose_way(facts), WayToWait::kSeats);
  facts.cores = 8;  // a core for each
  EXPECT_EQ(choose_way(facts), WayToWait::kPolling);
}

TEST(HostWaysTest, SeatsNeedSharedCellsAllRanksAndTheSameCores) {
  for (bool HostFacts::*const needed :
       {&HostFacts::cells_shared, &HostFacts::all_here, &HostFacts::same_cores}) {
    HostFacts facts = crowded_host();
    facts.*needed = false;
    facts.asked = Waiting::kDoorbell;
    EXPECT_EQ(choose_way(facts), WayToWait::kDoorbell);
  }
}

TEST(HostWaysTest, RanksWithPeersElsewhereSleepOnTheirSockets) {
  for (const int cores : {1, 2, 8, 64}) {
    HostFacts facts = crowded_host();
    facts.cores = cores;
    facts.all_here = false;
    EXPECT_EQ(choose_way(facts), WayToWait::kSockets);
    facts.asked = Waiting::kPoll;
    EXPECT_EQ(choose_way(facts), WayToWait::kPolling);
  }
}

TEST(HostWaysTest, WhoAsksForAWayGetsItOnAnyNumberOfCores) {
  for (const int cores : {1, 2, 8, 64}) {
    HostFacts facts = crowded_host();
    facts.cores = cores;
    facts.asked = Waiting::kPoll;
    EXPECT_EQ(choose_way(facts), WayToWait::kPolling);
    facts.asked = Waiting::kDoorbell;
    EXPECT_EQ(choose_way(facts), WayToWait::kSeats);
    facts.cells_shared = false;
    EXPECT_EQ(choose_way(facts), WayToWait::kDoorbell);
  }
}

enum class Made { kPolling, kSockets, kDoorbell, kSeats };
Made kind_of(const HostWays& ways) {
  if (dynamic_cast<const SocketTurns*>(ways.turns.get()) != nullptr) return Made::kSockets;
  if (dynamic_cast<const SeatTurns*>(ways.turns.get()) != nullptr) return Made::kSeats;
  if (dynamic_cast<const DoorbellTurns*>(ways.turns.get()) != nullptr) return Made::kDoorbell;
  EXPECT_NE(dynamic_cast<const PollingTurns*>(ways.turns.get()), nullptr);
  return Made::kPolling;
}

JobOnHost job(std::optional<Waiting> waiting, bool all_here = true) {
  return {waiting, all_here, true, [] { return UnderWay(); }};
}

TEST(HostWaysTest, MakesWhatWasChosen) {
  ::unsetenv("MIXNN_WAIT");
  ::unsetenv("MIXNN_CELLS");
  run_on_host(2, [](HostGroup& host) {
    const auto made = [&](JobOnHost facts) {
      HostWays ways = make_ways(host, std::move(facts));
      const Made kind = kind_of(ways);
      EXPECT_TRUE(ways.cells) << "two processes of one user can share memory";
      ways.turns->leave();
      host.barrier("leaving");
      return kind;
    };
    EXPECT_EQ(made(job(Waiting::kPoll)), Made::kPolling);
    EXPECT_EQ(made(job(Waiting::kDoorbell)), Made::kSeats);
    EXPECT_EQ(made(job(Waiting::kDoorbell, false)), Made::kDoorbell);
    EXPECT_EQ(made(job(std::nullopt, false)), Made::kSockets);
    ::setenv("MIXNN_WAIT", "doorbell", 1);
    EXPECT_EQ(made(job(std::nullopt)), Made::kSeats);
    ::setenv("MIXNN_WAIT", "poll", 1);
    EXPECT_EQ(made(job(std::nullopt)), Made::kPolling);
    EXPECT_EQ(made(job(Waiting::kDoorbell)), Made::kSeats) << "the transport's word counts first";
    ::setenv("MIXNN_CELLS", "copied", 1);
    const HostWays copied = make_ways(host, job(Waiting::kDoorbell));
    EXPECT_FALSE(copied.cells);
    EXPECT_EQ(kind_of(copied), Made::kDoorbell);
  });
}

TEST(HostWaysTest, MoreRanksThanCoresSleepOnTheirSocketsToo) {
  ::unsetenv("MIXNN_WAIT");
  ::unsetenv("MIXNN_CELLS");
  run_on_host(2, [](HostGroup& crowd) {
    stay_on(one_core(core_numbers(usable_cores()).front()));
    const HostWays ways = make_ways(crowd, job(std::nullopt, false));
    EXPECT_EQ(kind_of(ways), Made::kSockets);
    EXPECT_TRUE(ways.turns->core_wanted());
    ways.turns->leave();
    crowd.barrier("leaving");
  });
}

TEST(HostWaysTest, ARankAloneSharesNothing) {
  ::unsetenv("MIXNN_CELLS");
  testing_machine::ForkedHost host;
  const HostWays ways = make_ways(host, job(Waiting::kDoorbell));
  EXPECT_FALSE(ways.cells);
  EXPECT_EQ(kind_of(ways), Made::kDoorbell);
}

// With more ranks than cores, no one has a core for helpers; and others want the one that it has.
TEST(HostWaysTest, CoresThatRanksShareAreWantedByOthers) {
  ::unsetenv("MIXNN_HELPERS");
  testing_machine::ForkedHost host;
  const HostWays alone = make_ways(host, job(Waiting::kPoll));
  EXPECT_FALSE(alone.turns->core_wanted());
  run_on_host(9, [](HostGroup& crowd) {
    const int cores = HostCores(crowd).count();
    const HostWays ways = make_ways(crowd, job(Waiting::kPoll));
    EXPECT_EQ(ways.turns->core_wanted(), crowd.count() > cores);
    if (cores <= crowd.count()) {
      EXPECT_TRUE(ways.turns->helper_places().empty());
    }
  });
}

}  // namespace
}  // namespace mixnn
