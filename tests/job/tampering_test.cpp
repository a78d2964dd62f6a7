// Cells of the run that are altered or lost end it with one clear error, whatever the phase, and it
// names all who can have done it (P5). What is only junk: junk_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "job/attack.hpp"
#include "mixnn/onion/format.hpp"

namespace mixnn {
namespace {

using ::testing::AnyOf;
using testing::Attack;
using testing::cells_of_a_run;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::rank_text;
using testing::run_under;
using Fate = LoopbackNetwork::Fate;
using Wire = LoopbackNetwork::Wire;

// One bit of the run's cell of this number.
struct Flip {
  std::uint64_t victim = 0;
  std::size_t at = 0;
  int from = -1, to = -1;  // the link on which it was altered

  Attack attack(std::size_t hops, double timeout_s) {
    return {[this](LoopbackNetwork&, Wire& wire) {
              if (wire.number == victim) {
                wire.cell[at] ^= std::byte{4};
                from = wire.from, to = wire.to;
              }
              return Fate::kDeliver;
            },
            hops, timeout_s};
  }
};

// Whether "from rank 3 over ranks 1, 2 to rank 4: ..." leads over this link.
bool has_link(const std::string& way, int from, int to) {
  std::vector<int> ranks;
  const char* at = way.c_str();
  for (const char* end = at + way.find(':'); at < end;) {
    char* next = nullptr;
    const long rank = std::strtol(at, &next, 10);
    if (next == at) {
      ++at;
      continue;
    }
    ranks.push_back(static_cast<int>(rank));
    at = next;
  }
  const std::vector<int> link{from, to};
  return !std::ranges::search(ranks, link).empty();
}

// Whether the error's suspects have this link among them.
bool names_link(const std::string& error, int from, int to, bool at_once) {
  const std::string link = "the link from " + rank_text(from) + " to " + rank_text(to);
  if (error.find(link) != std::string::npos) return true;
  if (at_once || error.find("somebody on a link between the") == std::string::npos) return false;
  const bool last = error.find(rank_text(to)) == 0 &&
                    error.find("came from " + rank_text(from) + ":") != std::string::npos;
  return last || error.find("who sent it to " + rank_text(to) + ",") != std::string::npos ||
         error.find("before it, the sender") != std::string::npos;
}

TEST(Tampering, AnAlteredBodyEndsTheRunAndTheErrorNamesNoHonestRankAlone) {
  for (const std::size_t hops : {1u, 2u, 3u, 4u, 5u}) {
    const std::uint64_t cells = cells_of_a_run(hops);
    CounterRng rng(9, RandomPurpose::kTest, static_cast<std::uint32_t>(hops));
    for (int trial = 0; trial < 30; ++trial) {
      Flip flip{rng.below(static_cast<std::uint32_t>(cells)),
                kBodyOffset + rng.below(kMinBodyBytes)};
      const std::string error = run_under(flip.attack(hops, 20)).error;
      EXPECT_THAT(error,
                  MatchesRegex("rank [0-9]+(:| \\((owner|relay|stage host)\\)) refused a cell of "
                               "the run that came from rank [0-9]+: its body does not "
                               "authenticate; rank [0-9]+.* or rank [0-9]+ altered it, or "
                               "somebody on (the|a) link .*"))
          << "cell " << flip.victim << " of " << cells << ", byte " << flip.at;
      EXPECT_TRUE(names_link(error, flip.from, flip.to, hops == 1))
          << hops << " hops, altered from " << flip.from << " to " << flip.to << ": " << error;
    }
  }
}

TEST(Tampering, AnAlteredRestOfAHeaderNamesTheLinkItself) {
  const std::uint64_t cells = cells_of_a_run(3);
  CounterRng rng(10, RandomPurpose::kTest, 0);
  int refused = 0;
  for (int trial = 0; trial < 60; ++trial) {
    Flip flip{rng.below(static_cast<std::uint32_t>(cells)), kSlotBytes + 20};
    const std::string error = run_under(flip.attack(3, 20)).error;
    if (error.empty()) continue;  // for its receiver it is filler
    ++refused;
    EXPECT_THAT(error, HasSubstr("the rest of its header does not authenticate"));
    EXPECT_TRUE(names_link(error, flip.from, flip.to, true)) << error;
  }
  EXPECT_GT(refused, 20);
}

// Nobody can tell such a cell from junk, so what ends the run is that it does not come. Who refused
// it says so.
TEST(Tampering, AnAlteredSlotEndsTheRunByTheTimeoutAndIsNamed) {
  const std::uint64_t cells = cells_of_a_run(3);
  CounterRng rng(11, RandomPurpose::kTest, 0);
  for (int trial = 0; trial < 15; ++trial) {
    Flip flip{rng.below(static_cast<std::uint32_t>(cells)), rng.below(kSlotBytes)};
    const std::string error = run_under(flip.attack(3, 0.3)).error;
    EXPECT_THAT(error, MatchesRegex("no progress for 0.3 s; outstanding: .*"));
    EXPECT_THAT(error, HasSubstr("1 message from " + rank_text(flip.from) + " was refused by " +
                                 rank_text(flip.to)))
        << flip.victim;
  }
}

TEST(Tampering, AMisroutedCellIsJunkWhereItComesAndMissedWhereItDoesNot) {
  const std::uint64_t cells = cells_of_a_run(3);
  CounterRng rng(12, RandomPurpose::kTest, 0);
  for (int trial = 0; trial < 15; ++trial) {
    const std::uint64_t victim = rng.below(static_cast<std::uint32_t>(cells));
    int from = -1, to = -1;
    const std::string error = run_under({[&](LoopbackNetwork&, Wire& wire) {
                                           if (wire.number == victim) {
                                             wire.to = (wire.to + 1) % 7;
                                             from = wire.from, to = wire.to;
                                           }
                                           return Fate::kDeliver;
                                         },
                                         3, 0.3})
                                  .error;
    EXPECT_THAT(error, HasSubstr("no progress for 0.3 s; outstanding: "));
    EXPECT_THAT(error,
                HasSubstr("1 message from " + rank_text(from) + " was refused by " + rank_text(to)))
        << victim;
  }
}

TEST(Tampering, SwappedBodiesAreRefused) {
  std::vector<std::byte> held;
  const std::string error = run_under({[&](LoopbackNetwork&, Wire& wire) {
                              if (wire.number == 200)
                                held.assign(wire.cell.begin() + kBodyOffset, wire.cell.end());
                              if (wire.number == 201)
                                copy_bytes(held, wire.cell.subspan(kBodyOffset));
                              return Fate::kDeliver;
                            }}).error;
  EXPECT_THAT(error, HasSubstr("its body does not authenticate"));
}

TEST(Dropping, ALostCellEndsTheRunByTheTimeoutAndSaysWhatIsOutstanding) {
  const std::uint64_t cells = cells_of_a_run(2);
  CounterRng rng(14, RandomPurpose::kTest, 0);
  int lost = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const std::uint64_t victim = rng.below(static_cast<std::uint32_t>(cells));
    int from = -1, to = -1;
    const std::string error = run_under({[&](LoopbackNetwork&, Wire& wire) {
                                           if (wire.number != victim) return Fate::kDeliver;
                                           from = wire.from, to = wire.to;
                                           return Fate::kDrop;
                                         },
                                         2, 0.1})
                                  .error;
    if (const std::size_t way = error.find("was lost on its way from"); way != error.npos) {
      ++lost;
      EXPECT_TRUE(has_link(error.substr(way), from, to)) << from << " to " << to << ": " << error;
    } else {
      EXPECT_THAT(error,
                  AnyOf(HasSubstr("for the ticket of its answer: a book from rank 0 to rank "),
                        HasSubstr("outstanding: report of rank "),
                        HasSubstr("outstanding: cells for rank ")));
    }
    EXPECT_THAT(
        error,
        MatchesRegex(
            "no progress for 0.1 s; outstanding: (forward|backward|test|specification|parameters|"
            "gathering|report|cells for rank).*"))
        << victim;
  }
  EXPECT_GT(lost, 10);
}

// They would be said not to answer.
TEST(Dropping, ALostFinalReportLeavesRanksUnaskedThatHaveLeft) {
  const std::uint64_t cells = cells_of_a_run(2);
  std::uint64_t later = 0;
  const std::string error =
      run_under({[&](LoopbackNetwork&, Wire& wire) {
                   later += wire.number >= cells;
                   return wire.number == cells - 1 ? Fate::kDrop : Fate::kDeliver;
                 },
                 2, 0.1})
          .error;
  EXPECT_THAT(error, MatchesRegex("no progress for 0.1 s; outstanding: report of rank [0-9]"));
  EXPECT_EQ(later, 0u);
}

}  // namespace
}  // namespace mixnn
