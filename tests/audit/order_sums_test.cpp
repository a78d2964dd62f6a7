#include "mixnn/audit/inference/order_sums.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "audit/synthetic.hpp"

namespace mixnn {
namespace {

OrderScores random_scores(std::size_t n, double scale, CounterRng& rng) {
  OrderScores scores{n, std::vector<double>(n * n), std::vector<double>(n * n)};
  for (double& score : scores.place) score = scale * testing::normal_number(rng);
  for (double& score : scores.follow) score = scale * testing::normal_number(rng);
  return scores;
}

double score_of(const OrderScores& scores, const std::vector<std::uint32_t>& order) {
  double sum = 0;
  for (std::size_t at = 0; at < scores.n; ++at) {
    sum += scores.place[order[at] * scores.n + at];
    if (at > 0) sum += scores.follow[order[at - 1] * scores.n + order[at]];
  }
  return sum;
}

// All orders, one by one.
TEST(OrderSums, AreThoseOfAllOrders) {
  CounterRng rng = testing::synthetic_rng(1);
  for (std::size_t n = 1; n <= 6; ++n) {
    const OrderScores scores = random_scores(n, 2, rng);
    std::vector<std::uint32_t> order(n), best;
    std::iota(order.begin(), order.end(), 0u);
    double sum = 0, most = -1e9;
    std::vector<double> place(n * n), follow(n * n);
    do {
      const double weight = std::exp(score_of(scores, order));
      sum += weight;
      if (score_of(scores, order) > most) best = order;
      most = std::max(most, score_of(scores, order));
      for (std::size_t at = 0; at < n; ++at) {
        place[order[at] * n + at] += weight;
        if (at > 0) follow[order[at - 1] * n + order[at]] += weight;
      }
    } while (std::ranges::next_permutation(order).found);

    const OrderSums sums(scores);
    const OrderShares shares = sums.shares();
    EXPECT_EQ(sums.best(), best);
    EXPECT_NEAR(sums.log_probability(best), most - std::log(sum), 1e-9);
    for (std::size_t i = 0; i < n * n; ++i) {
      EXPECT_NEAR(shares.place[i], place[i] / sum, 1e-9);
      EXPECT_NEAR(shares.follow[i], follow[i] / sum, 1e-9);
    }
  }
}

TEST(OrderSums, WithoutScoresAllOrdersAreAsLikely) {
  for (const std::size_t n : {2u, 8u, 12u}) {
    const OrderSums sums({n, std::vector<double>(n * n), std::vector<double>(n * n)});
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    EXPECT_NEAR(sums.log_probability(order), -std::lgamma(static_cast<double>(n) + 1), 1e-9);
    EXPECT_NEAR(sums.shares().follow[1], 1 / static_cast<double>(n), 1e-9);
  }
}

TEST(OrderSums, StayInRangeWhateverTheScores) {
  CounterRng rng = testing::synthetic_rng(2);
  for (const std::size_t n : {3u, 12u}) {
    const OrderSums sums(random_scores(n, 1e6, rng));
    const std::vector<std::uint32_t> order = testing::random_order(static_cast<unsigned>(n), rng);
    EXPECT_TRUE(std::isfinite(sums.log_probability(order)));
    EXPECT_LE(sums.log_probability(sums.best()), 1e-9);
    for (const double share : sums.shares().place) EXPECT_TRUE(share >= 0 && share <= 1 + 1e-9);
  }
}

}  // namespace
}  // namespace mixnn
