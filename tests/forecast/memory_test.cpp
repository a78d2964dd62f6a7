#include "mixnn/forecast/memory.hpp"

#include <gtest/gtest.h>

#include "mixnn/session/run_parameters.hpp"
#include "small_model.hpp"

namespace mixnn {
namespace {

// 1 owner, 2 stages, 3 relays.
struct MemoryCase {
  ModelSpec model = testing::small_model({1, 2, 5}, {20, 4});
  TrainingOptions training;
  SessionOptions session;

  MemoryCase() {
    training.batch_size = 8;
    training.micro_batches = 2;
    session.in_flight = 16;
  }
  MemoryForecast result() const {
    return memory_forecast({model, training, session, 6, Machines{}});
  }
};

TEST(Memory, IsThatOfEachRanksOwnStage) {
  const MemoryForecast memory = MemoryCase().result();
  ASSERT_EQ(memory.stages.size(), 2u);
  EXPECT_EQ(memory.relays, 3u);
  EXPECT_EQ(memory.stages[0].parameters, 4u * (20 * 10 + 20));
  EXPECT_EQ(memory.stages[1].parameters, 4u * (4 * 20 + 4));
  EXPECT_EQ(memory.owner.parameters, memory.stages[0].parameters + memory.stages[1].parameters);
  EXPECT_EQ(memory.relay.parameters + memory.relay.optimizer + memory.relay.passes, 0u);
  EXPECT_EQ(memory.sum(), memory.owner.sum() + memory.stages[0].sum() + memory.stages[1].sum() +
                              3 * memory.relay.sum());
}

TEST(Memory, OfOptimizerPassesAndPoolGrowsWithWhatNeedsIt) {
  MemoryCase other;
  const MemoryForecast before = other.result();
  EXPECT_EQ(before.stages[0].optimizer, 2 * before.stages[0].parameters);  // and the momentum
  other.training.batch_size = 64;
  const MemoryForecast with_rows = other.result();
  EXPECT_GT(with_rows.stages[0].passes, before.stages[0].passes);
  other.session.in_flight = 64;
  const MessageSizes sizes = message_sizes(other.model, other.training, other.session);
  EXPECT_EQ(other.result().relay.pool, sizes.cell_bytes * pool_cells(sizes, other.session, 6));
  EXPECT_GT(other.result().relay.pool, with_rows.relay.pool);
}

// In rounds a rank holds five slots for each, and messages of few exchanges.
TEST(Memory, InRoundsIsByRanksAndNotByMessagesUnderWay) {
  MemoryCase in_rounds;
  in_rounds.session.traffic = TrafficKind::kRounds;
  const MemoryForecast few = in_rounds.result();
  const MessageSizes sizes = message_sizes(in_rounds.model, in_rounds.training, in_rounds.session);
  EXPECT_EQ(few.relay.pool, sizes.cell_bytes * 5 * 6);
  in_rounds.session.in_flight = 400;
  EXPECT_EQ(in_rounds.result().sum(), few.sum());
  in_rounds.training.batch_size = 512;
  EXPECT_GT(in_rounds.result().relay.sum(), few.relay.sum()) << "larger slots";
}

// A copy of the state, and of what comes in a window.
TEST(Memory, OfSpotChecksIsThatOfAWindow) {
  MemoryCase checked;
  EXPECT_EQ(checked.result().stages[1].window, 0u);
  EXPECT_EQ(checked.result().owner.window, 0u);
  checked.session.spot_checks = 0.01;
  checked.session.window_steps = 10;
  const MemoryForecast memory = checked.result();
  // Of 2 micro-batches of 4 rows: a message is kept whole, or of a long one twice what it carries.
  const std::size_t message =
      message_sizes(checked.model, checked.training, checked.session).capacity();
  const std::size_t input = std::min<std::size_t>(message, 2 * 4 * 20 * 4);
  const std::size_t gradient = std::min<std::size_t>(message, 2 * 4 * 4 * 4);
  EXPECT_LT(gradient, message);
  EXPECT_EQ(memory.stages[1].window, 2 * memory.stages[1].parameters + 10 * 2 * (input + gradient));
  EXPECT_GT(memory.owner.window, memory.stages[1].window);
  EXPECT_EQ(memory.relay.window, 0u);
}

TEST(Memory, OfTheOwnersOwnStagesIsTheOwners) {
  MemoryCase of_hosts, kept;
  kept.model.own = {1, 0};
  const MemoryForecast without = of_hosts.result(), with = kept.result();
  ASSERT_EQ(with.stages.size(), 1u);
  EXPECT_EQ(with.relays, 4u);
  EXPECT_EQ(with.stages[0].parameters, without.stages[1].parameters);
  EXPECT_EQ(with.owner.parameters, without.owner.parameters + without.stages[0].parameters);
  EXPECT_EQ(with.owner.optimizer, without.stages[0].optimizer);
  EXPECT_GT(with.owner.passes, without.stages[0].passes);  // and inputs and gradients
  kept.session.spot_checks = 0.01;
  of_hosts.session.spot_checks = 0.01;
  EXPECT_GE(kept.result().owner.window, 32u * 8 * 2 * 20 * sizeof(float));
}

}  // namespace
}  // namespace mixnn
