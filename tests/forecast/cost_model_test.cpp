#include "mixnn/forecast/cost_model.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

void expect_cost(const LinearCost& cost, double fixed, double per_unit) {
  EXPECT_DOUBLE_EQ(cost.fixed, fixed);
  EXPECT_DOUBLE_EQ(cost.per_unit, per_unit);
}

TEST(CostThrough, GoesThroughBothMeasurements) { expect_cost(cost_through(10, 25, 40, 85), 5, 2); }

TEST(CostThrough, NeverFalls) { expect_cost(cost_through(10, 9, 40, 6), 6, 0); }

TEST(CostThrough, NeverBeginsBelowZero) { expect_cost(cost_through(10, 1, 20, 30), 0, 1.5); }

TEST(CostThrough, OneMeasurementIsAllByRows) { expect_cost(cost_through(1, 7, 1, 7), 0, 7); }

TEST(StepOfOneThread, IsTheSumOfItsParts) {
  CostModel costs;
  costs.loss = {1, 2};
  costs.inputs = {0, 4};
  costs.stages = {
      {.forward = {8, 16}, .input_gradient = {32, 64}, .accumulate = {128, 256}, .update = 512},
      {.forward = {1024, 0}, .input_gradient = {}, .accumulate = {}, .update = 2048}};
  expect_cost(step_of_one_thread(costs), 1 + 8 + 32 + 128 + 512 + 1024 + 2048,
              2 + 4 + 16 + 64 + 256);
}

}  // namespace
}  // namespace mixnn
