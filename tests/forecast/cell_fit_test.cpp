#include "mixnn/forecast/cell_fit.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

constexpr double kCall = 1e-7, kPerByte = 1e-10, kFixed[] = {1e-6, 2e-6, 3e-6};

std::vector<CellSample> samples_of_a_path() {
  std::vector<CellSample> samples;
  for (const double body : {2048.0, 16384.0, 131072.0})
    for (const auto& [place, layers] : {std::pair{CellSample::kWrap, 3.0},
                                        {CellSample::kRelay, 1.0},
                                        {CellSample::kRelay, 2.0},
                                        {CellSample::kReceiver, 3.0}})
      samples.push_back({place, layers, layers * body,
                         kFixed[place] + layers * kCall + kPerByte * layers * body});
  return samples;
}

TEST(CellFit, FindsTheCostsThatMadeTheSamples) {
  const CellFit fit = fit_cells(samples_of_a_path(), kCall);
  EXPECT_DOUBLE_EQ(fit.costs.aead.fixed, kCall);
  EXPECT_NEAR(fit.costs.aead.per_unit, kPerByte, 1e-6 * kPerByte);
  EXPECT_NEAR(fit.costs.wrap, kFixed[0], 1e-6 * kFixed[0]);
  EXPECT_NEAR(fit.costs.relay, kFixed[1], 1e-6 * kFixed[1]);
  EXPECT_NEAR(fit.costs.receive, kFixed[2], 1e-6 * kFixed[2]);
  EXPECT_NEAR(fit.error, 0, 1e-6);
}

TEST(CellFit, ErrorIsTheMeanRelativeOne) {
  std::vector<CellSample> samples = samples_of_a_path();
  samples[0].seconds *= 1.5;
  const CellFit fit = fit_cells(samples, kCall);
  EXPECT_GT(fit.error, 0.01);
  EXPECT_LT(fit.error, 0.2);
}

TEST(CellFit, NothingIsBelowZero) {
  const CellFit fit = fit_cells({{CellSample::kWrap, 1, 1000, 5e-6},
                                 {CellSample::kWrap, 1, 2000, 4e-6},
                                 {CellSample::kRelay, 1, 1000, 1e-8},
                                 {CellSample::kReceiver, 1, 1000, 5e-6}},
                                kCall);
  EXPECT_EQ(fit.costs.aead.per_unit, 0);
  EXPECT_EQ(fit.costs.relay, 0);
  EXPECT_GT(fit.costs.wrap, 0);
}

}  // namespace
}  // namespace mixnn
