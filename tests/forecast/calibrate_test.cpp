#include "mixnn/forecast/calibrate.hpp"

#include <gtest/gtest.h>

#include "mixnn/forecast/calibrate_cells.hpp"
#include "mixnn/forecast/calibrate_stages.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "small_model.hpp"

namespace mixnn {
namespace {

using testing::small_model;

TEST(Calibrate, GivesTimesOfTheRealKernels) {
  TrainingOptions training;
  training.batch_size = 64;
  const ModelSpec model = small_model({1, 28, 28}, {128, 64, 10});
  const CostModel costs = calibrate(model, training, AeadSuite::kChaCha20Poly1305, 1);
  ASSERT_EQ(costs.stages.size(), 3u);
  EXPECT_GT(costs.cell.aead.per_unit, 0);
  EXPECT_GT(costs.cell.slot, 0);
  EXPECT_GT(costs.stages[0].forward(64), costs.stages[2].forward(64));
  EXPECT_GT(costs.baseline(64), costs.stages[0].forward(64));
  EXPECT_EQ(costs.baseline_threads, 1);
  EXPECT_GT(costs.fit_error, 0);  // measured, so never an exact line
  EXPECT_LT(costs.fit_error, 1);
}

TEST(Calibrate, LeavesTheNumberOfBlasThreadsAsItWas) {
  const BlasThreadsScope two(2);
  calibrate(small_model({64}, {10}), {}, AeadSuite::kChaCha20Poly1305, 2);
  EXPECT_EQ(blas_threads(), 2);
}

TEST(CalibrateStages, EqualStagesAreTimedOnce) {
  const ModelSpec model = small_model({1, 8, 8}, {32, 32, 32, 10});
  const std::vector<StageCosts> costs = calibrate_stages(model, {});
  ASSERT_EQ(costs.size(), 4u);
  EXPECT_EQ(costs[1].update, costs[2].update);
  EXPECT_EQ(costs[1].forward.per_unit, costs[2].forward.per_unit);
}

TEST(CalibrateCells, MeasuresEveryPlace) {
  const CellFit fit = calibrate_cells(AeadSuite::kChaCha20Poly1305);
  EXPECT_GT(fit.costs.aead.fixed, 0);
  EXPECT_GT(fit.costs.aead.per_unit, 0);
  EXPECT_GT(fit.costs.slot, 0);
}

}  // namespace
}  // namespace mixnn
