// The attack that a first design failed: a host counts over many exchanges where the slots go, and
// come from, that it relays on the links of its own circuits, and takes the rank that it counts
// most often for its next or its previous host. Routes that are fresh in every exchange give both
// away if the sender's relay and the receiver's depend on each other, however balanced they are.
// Of its own links it counts, too, which ranks are at their other ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "crypto/crypto_testing.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/rounds/routes.hpp"
#include "rounds/statistics.hpp"

namespace mixnn {
namespace {

constexpr std::uint32_t kCrowd = 8, kCounted = 1000;
constexpr double kChance = 1.0 / (kCrowd - 1);

struct HostPlace {  // of a host in the chain
  std::uint32_t own, next, previous;
};

HostPlace random_place(Csprng& rng) {
  std::array<std::uint32_t, kCrowd> ranks;
  std::iota(ranks.begin(), ranks.end(), 0u);
  shuffle(std::span(ranks), rng);
  return {ranks[0], ranks[1], ranks[2]};
}

// The host's own table of a draw: the links of its two circuits, and by hop and rank that a slot
// comes from the rank that it goes to.
struct SeenDraw {
  std::uint32_t first = 0, last = 0;
  std::vector<std::array<std::uint32_t, kCrowd>> relayed;
};

template <class Drawn>
SeenDraw seen_by(const HostPlace& host, const Drawn& routes) {
  SeenDraw seen{
      routes.at(host.own, host.next, 1), routes.at(host.previous, host.own, routes.hops()), {}};
  seen.relayed.resize(routes.hops());
  for (auto& next : seen.relayed) next.fill(kNoRank);
  for (std::uint32_t x = 0; x < kCrowd; ++x)
    for (std::uint32_t y = 0; y < kCrowd; ++y)
      for (std::size_t hop = 0; hop < routes.hops() && routes.circuit(x, y); ++hop)
        if (routes.at(x, y, hop + 1) == host.own)
          seen.relayed[hop][routes.at(x, y, hop)] = routes.at(x, y, hop + 2);
  return seen;
}

// Counts its first link and its last, and for each hop four things that may say something: where
// slots go that come from one of them, and where those come from that go there.
class CuriousHost {
 public:
  explicit CuriousHost(std::uint32_t own) : own_(own) {}

  void watch(const SeenDraw& seen, std::uint32_t exchanges) {
    counts_.resize(2 + 4 * seen.relayed.size());
    auto counts = counts_.begin();
    for (const std::uint32_t link : {seen.first, seen.last}) count(*counts++, link, exchanges);
    for (const auto& relayed : seen.relayed)
      for (const std::uint32_t link : {seen.first, seen.last}) {
        count(*counts++, relayed[link], exchanges);
        const auto from = std::ranges::find(relayed, link);
        count(*counts++, static_cast<std::uint32_t>(from - relayed.begin()), exchanges);
      }
  }
  // By each of the things counted, the rank that came most often; ties by lot.
  std::vector<std::uint32_t> guesses(Csprng& rng) const {
    std::vector<std::uint32_t> most;
    for (auto counts : counts_) {
      std::vector<std::uint32_t> best;
      for (std::uint32_t rank = 0; rank < kCrowd; ++rank) {
        if (rank == own_) continue;
        if (!best.empty() && counts[rank] > counts[best[0]]) best.clear();
        if (best.empty() || counts[rank] == counts[best[0]]) best.push_back(rank);
      }
      most.push_back(best[rng.below(static_cast<std::uint32_t>(best.size()))]);
    }
    return most;
  }

 private:
  using Counts = std::array<std::uint32_t, kCrowd>;
  static void count(Counts& counts, std::uint32_t rank, std::uint32_t exchanges) {
    if (rank < kCrowd) counts[rank] += exchanges;
  }

  std::uint32_t own_;
  std::vector<Counts> counts_;
};

// The share of the trials in which what is counted best found the next and the previous host.
struct FoundShare {
  double next = 0, previous = 0;
};

// draw(rng) makes routes; `draws` of them share the exchanges.
FoundShare attack(std::uint32_t trials, std::uint32_t draws, std::uint32_t exchanges, Csprng& rng,
                  const auto& draw) {
  std::vector<double> next, previous;
  for (std::uint32_t trial = 0; trial < trials; ++trial) {
    const HostPlace host = random_place(rng);
    CuriousHost curious(host.own);
    for (std::uint32_t i = 0; i < draws; ++i)
      curious.watch(seen_by(host, draw(rng)), exchanges / draws);
    const std::vector<std::uint32_t> guesses = curious.guesses(rng);
    next.resize(guesses.size());
    previous.resize(guesses.size());
    for (std::size_t i = 0; i < guesses.size(); ++i) {
      next[i] += guesses[i] == host.next;
      previous[i] += guesses[i] == host.previous;
    }
  }
  return {*std::ranges::max_element(next) / trials, *std::ranges::max_element(previous) / trials};
}

struct LatinRoutes : Routes {
  explicit LatinRoutes(Csprng& rng) : Routes(draw_routes(kCrowd, 3, rng)) {}
  static bool circuit(std::uint32_t x, std::uint32_t y) { return x != y; }
};

// The first design, two hops: the circuits of each sender go to the first relays in a random order,
// and an edge colouring of (first relay, receiver) gives the last ones, a random perfect matching
// for each (Koenig). Ranks send to themselves as well.
class KoenigRoutes {
 public:
  explicit KoenigRoutes(Csprng& rng) : rng_(rng) {
    for (std::uint32_t x = 0; x < kCrowd; ++x) {
      std::array<std::uint32_t, kCrowd> order;
      std::iota(order.begin(), order.end(), 0u);
      shuffle(std::span(order), rng);
      for (std::uint32_t y = 0; y < kCrowd; ++y) {
        relays_[x][y] = {order[y], kCrowd};
        edges_[order[y]].push_back({x, y});
      }
    }
    std::array<std::uint32_t, kCrowd> colours;
    std::iota(colours.begin(), colours.end(), 0u);
    shuffle(std::span(colours), rng);
    for (const std::uint32_t colour : colours) match(colour);
  }
  static std::size_t hops() { return 2; }
  static bool circuit(std::uint32_t, std::uint32_t) { return true; }
  std::uint32_t at(std::uint32_t x, std::uint32_t y, std::size_t place) const {
    return place == 0 ? x : place > 2 ? y : relays_[x][y][place - 1];
  }

 private:
  struct Edge {
    std::uint32_t x, y;
  };

  // An edge of each first relay, to different receivers, goes over this last relay.
  void match(std::uint32_t colour) {
    relay_of_.fill(kCrowd);
    for (std::uint32_t relay = 0; relay < kCrowd; ++relay) {
      shuffle(std::span(edges_[relay]), rng_);
      seen_.fill(false);
      EXPECT_TRUE(augment(relay));
    }
    for (std::uint32_t y = 0; y < kCrowd; ++y) {
      const Edge edge = edge_of_[y];
      relays_[edge.x][edge.y][1] = colour;
      std::erase_if(edges_[relay_of_[y]],
                    [&](const Edge& e) { return e.x == edge.x && e.y == edge.y; });
    }
  }
  bool augment(std::uint32_t relay) {
    for (const Edge& edge : edges_[relay]) {
      if (seen_[edge.y]) continue;
      seen_[edge.y] = true;
      if (relay_of_[edge.y] != kCrowd && !augment(relay_of_[edge.y])) continue;
      relay_of_[edge.y] = relay;
      edge_of_[edge.y] = edge;
      return true;
    }
    return false;
  }

  Csprng& rng_;
  std::array<std::array<std::array<std::uint32_t, 2>, kCrowd>, kCrowd> relays_;
  std::array<std::vector<Edge>, kCrowd> edges_;  // by first relay
  std::array<std::uint32_t, kCrowd> relay_of_;   // of this matching, by receiver
  std::array<Edge, kCrowd> edge_of_;
  std::array<bool, kCrowd> seen_;
};

// Fourteen guesses at each of two ranks: the best of them all is above this once in 35 000 times,
// if none is better than chance.
double best_by_chance(std::uint32_t trials) {
  return testing::largest_share(kChance, trials, testing::kSigmas1e6);
}

void expect_nobody_found(std::uint32_t trials, std::uint32_t draws, std::uint64_t seed) {
  Csprng rng = testing::seeded(seed);
  const FoundShare found =
      attack(trials, draws, kCounted, rng, [](Csprng& drawn) { return LatinRoutes(drawn); });
  EXPECT_LT(found.next, best_by_chance(trials));
  EXPECT_LT(found.previous, best_by_chance(trials));
}

TEST(Counting, FindsNobodyWhileOneDrawServesTheRun) { expect_nobody_found(20000, 1, 14); }

TEST(Counting, FindsNobodyWhileEachOfTwentyEpochsHasItsOwn) { expect_nobody_found(2000, 20, 15); }

TEST(Counting, FindsNobodyInAHundredDraws) { expect_nobody_found(300, 100, 17); }

// What makes the two above worth something.
TEST(Counting, FindsBothHostsInFreshRoutesOfTheFirstDesign) {
  constexpr std::uint32_t kTrials = 40;
  Csprng rng = testing::seeded(16);
  const FoundShare found =
      attack(kTrials, kCounted, kCounted, rng, [](Csprng& drawn) { return KoenigRoutes(drawn); });
  EXPECT_GT(found.next, 0.9);
  EXPECT_GT(found.previous, 0.9);
}

}  // namespace
}  // namespace mixnn
