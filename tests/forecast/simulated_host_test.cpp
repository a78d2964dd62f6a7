#include "mixnn/forecast/simulated_host.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mixnn {
namespace {

// One host on rank 0 with two micro-batches of 10 rows: forward takes 10, the input gradient 20,
// accumulation 30 and the update 100. Notes down what it gives and when.
struct WatchedHost {
  explicit WatchedHost(std::size_t staleness = 0)
      : ranks(1, {.hosts = 1, .cores = 1}),
        host(
            ranks, 0,
            {.forward = {0, 1}, .input_gradient = {0, 2}, .accumulate = {0, 3}, .update = 100},
            {10, 10}, [this](const SimulatedRequest& e) { note('f', e); },
            [this](const SimulatedRequest& e) { note('b', e); }, staleness) {}
  void note(char what, const SimulatedRequest& request) {
    notes.push_back(what + std::to_string(request.step) + std::to_string(request.micro_batch) +
                    " " + std::to_string(static_cast<int>(ranks.now())));
  }

  RankSimulation ranks;
  std::vector<std::string> notes;
  SimulatedHost host;
};

TEST(SimulatedHost, BackwardsGoBeforeForwardsAndAccumulationComesLast) {
  WatchedHost w;
  w.host.forward({0, 0});  // begins at once
  w.host.forward({0, 1});
  w.host.backward({0, 0});
  w.host.backward({0, 1});
  w.ranks.run();
  EXPECT_EQ(w.notes, (std::vector<std::string>{"b00 20", "b01 40", "f00 50", "f01 60"}));
  EXPECT_DOUBLE_EQ(w.ranks.now(), 60 + 2 * 30 + 100);
}

TEST(SimulatedHost, AccumulatesInOrderWhateverTheOrderOfTheGradients) {
  WatchedHost w;
  w.host.backward({0, 1});
  w.ranks.run();
  EXPECT_DOUBLE_EQ(w.ranks.now(), 20);  // micro-batch 0 must come first
  w.host.backward({0, 0});
  w.ranks.run();
  EXPECT_DOUBLE_EQ(w.ranks.now(), 40 + 2 * 30 + 100);
}

TEST(SimulatedHost, ForwardsOfTheNextStepWaitForTheUpdate) {
  WatchedHost w;
  w.host.forward({1, 0});
  w.ranks.run();
  EXPECT_TRUE(w.notes.empty());
  w.host.backward({0, 0});
  w.host.backward({0, 1});
  w.ranks.run();
  EXPECT_EQ(w.notes.back(), "f10 210");  // 2 * 20 + 2 * 30 + 100, then its own 10
}

TEST(SimulatedHost, WithStalenessThoseOfTheStepBehindThatWait) {
  WatchedHost w(1);
  w.host.forward({2, 0});
  w.host.forward({1, 0});
  w.host.backward({1, 0});
  w.ranks.run();
  EXPECT_EQ(w.notes, (std::vector<std::string>{"f10 10"}));
  w.host.backward({0, 0});
  w.host.backward({0, 1});
  w.ranks.run();  // 2 * 20 + 2 * 30 + 100 behind the 10
  EXPECT_EQ(w.notes,
            (std::vector<std::string>{"f10 10", "b00 30", "b01 50", "b10 230", "f20 240"}));
}

}  // namespace
}  // namespace mixnn
