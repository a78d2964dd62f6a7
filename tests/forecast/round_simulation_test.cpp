#include "mixnn/forecast/rounds/round_simulation.hpp"

#include <gtest/gtest.h>

#include "forecast/mlp_costs.hpp"
#include "mixnn/forecast/forecast.hpp"
#include "mixnn/rounds/public_schedule.hpp"

namespace mixnn {
namespace {

constexpr double kNearly = 0.01;  // seconds: what hand-overs take

// One stage among five ranks, slots that take whole seconds.
struct RoundsForecastCase {
  ModelSpec model = testing::small_model({64}, {10});
  TrainingOptions training;
  SessionOptions session;
  std::size_t ranks = 5;
  Machines machines;
  CostModel costs;

  RoundsForecastCase() {
    training.batch_size = 1000;
    training.micro_batches = 2;
    session.traffic = TrafficKind::kRounds;
    machines.cores = 8;
    machines.helpers = 0;
    costs.slot = {.send = {1, 0}, .relay = {2, 0}, .cross = {4, 0}, .receive = {8, 0}};
    costs.stages = {{.forward = {}, .input_gradient = {}, .accumulate = {}, .update = 0}};
    costs.baseline = {10, 0};
  }
  Forecast result() const { return forecast({model, training, session, ranks, machines}, costs); }
};

TEST(RoundWork, IsThatOfASlotAtEachPlaceOfItsWay) {
  const CostModel costs = RoundsForecastCase().costs;
  const auto sealing = [](const WorkSeconds& work) {
    return work[static_cast<std::size_t>(WorkKind::kSealing)];
  };
  const auto taking = [&](std::size_t hops) {
    const RoundWork work(costs, {5, hops, 1000, false});
    EXPECT_EQ(sealing(work.sending()), 4);
    std::vector<double> seconds;
    for (std::size_t round = 0; round <= hops; ++round)
      seconds.push_back(sealing(work.taking(round)));
    return seconds;
  };
  EXPECT_EQ(taking(3), (std::vector<double>{8, 16, 8, 32}));
  EXPECT_EQ(taking(2), (std::vector<double>{16, 8, 32}));
  EXPECT_EQ(taking(1), (std::vector<double>{16, 32}));
}

TEST(RoundWork, OfRanksThatShareCoresHasChangesInEveryRound) {
  CostModel costs;
  costs.cell.process_change = 1;
  for (std::size_t round = 0; round <= 3; ++round) {
    const auto seconds = [&](bool shared) {
      return sum(RoundWork(costs, {5, 3, 1000, shared}).taking(round));
    };
    EXPECT_GE(seconds(true) - seconds(false), 1);
    EXPECT_LT(seconds(false), kNearly);
  }
}

// What the real schedule says of the first forwards of many steps.
TEST(RoundSimulation, HasTheExchangesOfThePublicSchedule) {
  constexpr std::size_t kSteps = 9;
  for (const std::uint32_t ranks : {5u, 8u, 13u})
    for (const std::uint32_t micro_batches : {1u, 4u, 32u})
      for (const std::uint32_t allowance : {1u, 2u})
        for (const std::size_t staleness : {0u, 1u}) {
          PublicSchedule schedule(ranks, 2, 1, allowance, staleness);
          MessageInfo info;
          info.micro_batches = micro_batches;
          std::vector<std::uint64_t> begins;
          for (std::uint32_t step = 0; step < kSteps; ++step) {
            info.label = {MessageKind::kForward, step, 0, 0};
            begins.push_back(schedule.leaves(info, begins.empty() ? 10 : begins.back() + 1));
          }
          TrainingOptions training;
          training.staleness = staleness;
          SessionOptions session;
          session.allowance = allowance;
          const StepPattern pattern = step_pattern(training, session, ranks, micro_batches);
          const std::size_t steps = pattern.begins.size();
          for (std::size_t step = 0; step < kSteps; ++step)
            EXPECT_EQ(begins[step] - begins[0],
                      step / steps * pattern.exchanges + pattern.begins[step % steps])
                << ranks << " ranks, " << micro_batches << " micro-batches, K = " << allowance
                << ", staleness " << staleness;
        }
}

TEST(RoundSimulation, ClippedStepsDoNotOverlap) {
  TrainingOptions training;
  training.staleness = 1;
  training.clip_norm = 1;
  EXPECT_EQ(step_pattern(training, {}, 8, 4).exchanges, exchanges_of_step(8, 4));
}

TEST(RoundsForecast, OfOverlappingStepsHasFewerExchangesAndTheSameWork) {
  RoundsForecastCase c;
  c.costs.stages = {
      {.forward = {5, 0}, .input_gradient = {7, 0}, .accumulate = {11, 0}, .update = 13}};
  const Forecast one_by_one = c.result();
  c.training.staleness = 1;
  const Forecast f = c.result();
  EXPECT_EQ(f.exchanges, 5u) << "9 exchanges for two steps";
  const auto compute = [](const Forecast& of) {
    return of.work[static_cast<std::size_t>(WorkKind::kCompute)];
  };
  EXPECT_NEAR(compute(f), compute(one_by_one), 1e-6);
  EXPECT_NEAR(f.cells, one_by_one.cells / 2, 1e-9);
  EXPECT_NEAR(f.step_s, 9 * 68 / 2.0 + 59, kNearly);
}

TEST(RoundsForecast, OfFreshRoutesForEachStepHasTheirExchanges) {
  RoundsForecastCase c;
  c.session.redraw = Redraw::kBatch;
  EXPECT_EQ(c.result().exchanges, 9 + exchanges_of_redraw(5, 3));
}

TEST(RoundsForecast, HasTheExchangesOverLinksForABound) {
  RoundsForecastCase c;
  EXPECT_EQ(c.result().links_s.chain, 0);
  c.machines = {.hosts = 5, .cores = 2, .bytes_per_second = 1e9, .latency = 10};
  c.machines.helpers = 0;
  const Forecast f = c.result();
  EXPECT_NEAR(f.links_s.chain, 9 * 4 * 10, 0.1);
  EXPECT_EQ(f.links_s.schedule, f.links_s.chain);
  EXPECT_GE(f.step_s, f.links_s.chain);
  EXPECT_NEAR(f.links_s.bytes, f.bytes_on_wire, 1e-3 * f.bytes_on_wire);
}

TEST(RoundsForecast, EstimatesAPaceThatIsToBeSettled) {
  RoundsForecastCase c;
  c.costs.stages = {
      {.forward = {5, 0}, .input_gradient = {7, 0}, .accumulate = {11, 0}, .update = 13}};
  c.session.pace.automatic = true;
  const double period = seconds(c.result().period);
  EXPECT_GE(period, 68 / 4.0 + 36 / 4.0) << "a round, and its share of the work";
  EXPECT_LE(period, 1.25 * (68 / 4.0 + 2 * 36 / 4.0) + kNearly);
  EXPECT_NEAR(c.result().step_s, 9 * 4 * period, kNearly);
  c.session.pace.crowded = true;
  EXPECT_EQ(c.result().period, Nanoseconds{0}) << "then there is none";
}

TEST(RoundsForecast, WithAPaceTakesTheTimeOfItsRounds) {
  RoundsForecastCase c;
  c.session.allowance = 2;
  c.session.pace.period = std::chrono::seconds(100);
  EXPECT_NEAR(c.result().step_s, 17 * 4 * 100, kNearly);
  c.session.pace.period = std::chrono::seconds(1);
  EXPECT_NEAR(c.result().step_s, 17 * 68, kNearly) << "what rounds take at least";
}

// 9 exchanges, and in each of them 4 slots at every place of their way.
TEST(RoundsForecast, OfRanksWithCoresOfTheirOwnIsOneRankAfterTheOther) {
  const Forecast f = RoundsForecastCase().result();
  EXPECT_EQ(f.exchanges, 9u);
  EXPECT_NEAR(f.step_s, 9 * 68, kNearly);
  EXPECT_NEAR(sum(f.work), 5 * 9 * 68, 5 * kNearly);
  EXPECT_NEAR(f.cells, 9 * 4 * 20, 1e-9);
  EXPECT_NEAR(f.slowdown, 9 * 6.8, kNearly);
}

TEST(RoundsForecast, OnOneCoreAStepIsAllOfItsWork) {
  RoundsForecastCase c;
  c.machines.cores = 1;
  const Forecast f = c.result();
  EXPECT_NEAR(f.step_s, 5 * 9 * 68, 5 * kNearly);
  EXPECT_NEAR(f.bubble, 0, 1e-6);
}

// Five ranks on two cores: each round takes as long as three ranks.
TEST(RoundsForecast, AnOddNumberOfRanksLeavesOneOfTwoCoresIdle) {
  RoundsForecastCase c;
  c.machines.cores = 2;
  const Forecast f = c.result();
  EXPECT_NEAR(f.step_s, 3 * 9 * 68, 3 * 68.0);  // the last rank of a round begins the next at once
  EXPECT_GT(f.bubble, 0.1);
}

// Forwards and backwards come in exchanges of their own, and all wait for them: 2 * 5 + 2 * (7 +
// 11) + 13; the loss of 3 comes in two others.
TEST(RoundsForecast, AllWaitForTheHostThatComputes) {
  RoundsForecastCase c;
  c.costs.stages = {
      {.forward = {5, 0}, .input_gradient = {7, 0}, .accumulate = {11, 0}, .update = 13}};
  EXPECT_NEAR(c.result().step_s, 9 * 68 + 59, kNearly);
  c.costs.loss = {3, 0};
  const double step = c.result().step_s;
  EXPECT_GE(step, 9 * 68 + 59);
  EXPECT_LE(step, 9 * 68 + 59 + 6 + kNearly);
}

TEST(RoundsForecast, MoreOfAnythingButCoresTakesLonger) {
  const auto step = [](const auto& change) {
    RoundsForecastCase c;
    c.model = testing::mlp();
    const SlotCosts slot{.send = {1e-6, 0.3e-9},
                         .relay = {1e-6, 0.2e-9},
                         .cross = {1e-6, 0.3e-9},
                         .receive = {1e-6, 0.3e-9}};
    c.costs = testing::mlp_costs();
    c.costs.slot = slot;
    c.training.batch_size = 512;
    c.training.micro_batches = 8;
    c.machines.cores = 2;
    c.ranks = 6;
    change(c);
    return c.result().step_s;
  };
  using Case = RoundsForecastCase;
  const double plain = step([](Case&) {});
  EXPECT_GT(step([](Case& c) { c.ranks = 8; }), plain);
  EXPECT_LT(step([](Case& c) { c.session.hops = 2; }), plain);
  EXPECT_GT(step([](Case& c) { c.training.batch_size = 1024; }), plain);
  EXPECT_GT(step([](Case& c) { c.training.micro_batches = 1; }), plain);
  EXPECT_GT(step([](Case& c) { c.machines.cores = 1; }), plain);
  EXPECT_LT(step([](Case& c) { c.machines.cores = 6; }), plain);
  const auto linked = [&](double bytes_per_second, double latency) {
    return step([&](Case& c) { c.machines = {6, 2, bytes_per_second, latency}; });
  };
  EXPECT_GT(linked(1e9, 1e-3), linked(1e9, 1e-5));
  EXPECT_GT(linked(1e7, 1e-5), linked(1e9, 1e-5));
  EXPECT_GE(linked(1e9, 1e-3), 17 * 4 * 1e-3);
}

TEST(RoundsForecast, HasStagesOfTheOwnersOwn) {
  RoundsForecastCase c;
  c.model = testing::small_model({64}, {20, 20, 10});
  const StageCosts stage{
      .forward = {5, 0}, .input_gradient = {7, 0}, .accumulate = {11, 0}, .update = 13};
  c.costs.stages = {stage, stage, stage};
  for (const OwnStages own : {OwnStages{1, 0}, OwnStages{0, 1}, OwnStages{1, 1}}) {
    c.model.own = own;
    EXPECT_NEAR(c.result().work[static_cast<std::size_t>(WorkKind::kCompute)],
                3 * (2 * (5 + 7 + 11) + 13), 1e-6);
  }
}

}  // namespace
}  // namespace mixnn
