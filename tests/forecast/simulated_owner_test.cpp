#include "mixnn/forecast/simulated_owner.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mixnn {
namespace {

// An owner whose hosts answer when the test says so.
struct WatchedOwner {
  WatchedOwner(ScheduleKind schedule, std::size_t micro_batches, std::size_t in_flight,
               std::size_t steps, std::size_t staleness = 0)
      : ranks(1, {.hosts = 1, .cores = 1}),
        owner(
            ranks,
            {.schedule = schedule,
             .depth = 100,
             .rows = std::vector<std::size_t>(micro_batches, 10),
             .loss = {0, 0.5},
             .in_flight = in_flight,
             .steps = steps,
             .staleness = staleness},
            [this](const SimulatedRequest& e) { inputs.push_back(e); },
            [this](const SimulatedRequest& e) { gradients.push_back(e); }) {}
  std::size_t under_way() const { return inputs.size() + gradients.size(); }
  // Answers the oldest message; false where there is none.
  bool answer() {
    std::deque<SimulatedRequest>& queue = gradients.empty() ? inputs : gradients;
    if (queue.empty()) return false;
    const SimulatedRequest request = queue.front();
    const bool forward = &queue == &inputs;
    queue.pop_front();
    forward ? owner.on_logits(request) : owner.on_backward_done(request);
    ranks.run();
    return true;
  }

  RankSimulation ranks;
  std::deque<SimulatedRequest> inputs, gradients;
  SimulatedOwner owner;
};

TEST(SimulatedOwner, NeverHasMoreMessagesUnderWayThanItMay) {
  for (const ScheduleKind schedule : {ScheduleKind::kGpipe, ScheduleKind::k1F1B}) {
    WatchedOwner w(schedule, 8, 3, 4);
    w.owner.start();
    std::size_t most = 0;
    do most = std::max(most, w.under_way());
    while (w.answer());
    EXPECT_EQ(most, 3u);
    EXPECT_EQ(w.owner.ended().size(), 4u);
  }
}

TEST(SimulatedOwner, ComputesTheLossOfEveryMicroBatch) {
  WatchedOwner w(ScheduleKind::k1F1B, 4, 16, 3);
  w.owner.start();
  while (w.answer()) {
  }
  EXPECT_DOUBLE_EQ(sum(w.ranks.work()), 3 * 4 * 5);
  EXPECT_DOUBLE_EQ(w.owner.ended().back(), 3 * 4 * 5);
}

TEST(SimulatedOwner, TheNextStepBeginsWhenThisOneHasReleasedAll) {
  WatchedOwner w(ScheduleKind::k1F1B, 1, 16, 2);
  w.owner.start();
  ASSERT_EQ(w.inputs.size(), 1u);
  w.answer();  // its logits: the gradient goes out, and right behind it the next step's inputs
  ASSERT_EQ(w.gradients.size(), 1u);
  ASSERT_EQ(w.inputs.size(), 1u);
  EXPECT_EQ(w.inputs.front().step, 1u);
  EXPECT_TRUE(w.owner.ended().empty());
}

TEST(SimulatedOwner, WithStalenessTheNextStepBeginsBehindTheForwardsOfThisOne) {
  WatchedOwner w(ScheduleKind::kGpipe, 2, 16, 3, 1);
  w.owner.start();
  ASSERT_EQ(w.inputs.size(), 4u);
  EXPECT_EQ(w.inputs.back().step, 1u);
  w.answer();
  w.answer();
  ASSERT_EQ(w.gradients.size(), 2u);
  EXPECT_EQ(w.inputs.size(), 4u) << "step 2, which hosts hold, once step 0 has released all";
  while (w.answer()) {
  }
  EXPECT_EQ(w.owner.ended().size(), 3u);
}

}  // namespace
}  // namespace mixnn
