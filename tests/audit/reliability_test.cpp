#include "mixnn/audit/inference/reliability.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "audit/synthetic.hpp"
#include "mixnn/audit/inference/order_model.hpp"

namespace mixnn {
namespace {

TEST(Reliability, ComparesWhatIsStatedWithWhatHolds) {
  std::vector<Claim> claims(10, {0.5, 0.8, true});
  for (std::size_t i = 0; i < 5; ++i) claims[i].holds = false;
  claims.push_back({0.5, 1.0, true});
  const Reliability all = reliability(claims);
  ASSERT_EQ(all.bins.size(), 2u);
  EXPECT_NEAR(all.bins[0].stated, 0.8, 1e-9);
  EXPECT_NEAR(all.bins[0].real, 0.5, 1e-9);
  EXPECT_EQ(all.bins[0].claims, 10u);
  EXPECT_NEAR(all.error, 0.3 * 10 / 11, 1e-9);
  EXPECT_TRUE(reliability({}).bins.empty());
}

// The weights that the features were drawn with are calibrated; three times as sure are not, and a
// third as sure are not either.
TEST(Reliability, ShowsAModelThatIsTooSureOrTooShy) {
  CounterRng rng = testing::synthetic_rng(50);
  std::vector<OrderSample> samples;
  for (int i = 0; i < 200; ++i) {
    SeenRun run = testing::empty_run(5, 0, 1, rng);
    for (std::size_t at = 1; at < 5; ++at)
      run.sight.observation.pair[run.order[at - 1]][run.order[at]][0] = 1;
    testing::add_noise(run, 1, rng);
    samples.push_back({run.sight.observation, run.order});
  }
  const OrderModel model(std::move(samples));
  const auto stated_at = [&](double weight) {
    std::vector<Claim> claims;
    for (std::size_t i = 0; i < model.samples(); ++i)
      for (const Claim& claim : model.answer(i, std::vector{weight}).parts) claims.push_back(claim);
    return reliability(claims);
  };
  EXPECT_LT(stated_at(1).error, 0.03);
  const Reliability sure = stated_at(3), shy = stated_at(1.0 / 3);
  EXPECT_GT(sure.error, 0.06);
  EXPECT_GT(sure.bins.back().stated, sure.bins.back().real + 0.1);
  EXPECT_GT(shy.error, 0.06);
}

}  // namespace
}  // namespace mixnn
