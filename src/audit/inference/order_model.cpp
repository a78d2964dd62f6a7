#include "mixnn/audit/inference/order_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "mixnn/audit/inference/feature_rows.hpp"
#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

void center_all(Observation& seen) {
  std::vector<std::vector<double>*> rows;
  for (std::vector<double>& row : seen.single) rows.push_back(&row);
  center(rows);
  rows.clear();
  for (std::size_t from = 0; from < seen.pair.size(); ++from)
    for (std::size_t to = 0; to < seen.pair.size(); ++to)
      if (from != to) rows.push_back(&seen.pair[from][to]);
  center(rows);
}

// How much the three kinds of single weights count at a place: first, last, along.
std::array<double, 3> kinds_at(std::size_t place, std::size_t places) {
  return {place == 0 ? 1.0 : 0.0, place + 1 == places ? 1.0 : 0.0,
          2 * static_cast<double>(place) / static_cast<double>(places - 1) - 1};
}

}  // namespace

OrderScores order_prior(std::size_t n, const std::vector<std::uint32_t>& machines) {
  OrderScores scores{n, std::vector<double>(n * n), std::vector<double>(n * n)};
  for (std::size_t from = 0; from < machines.size(); ++from)
    for (std::size_t to = 0; to < machines.size(); ++to)
      if (from != to && machines[from] != 0 && machines[from] == machines[to])
        scores.follow[from * n + to] = kNever;
  return scores;
}

OrderModel::OrderModel(std::vector<OrderSample> samples) : samples_(std::move(samples)) {
  for (OrderSample& sample : samples_) {
    const std::size_t n = sample.seen.single.size();
    MIXNN_CHECK(n >= 2 && n <= kMostCandidates, "candidates that are too few or too many");
    MIXNN_CHECK(sample.seen.pair.size() == n && sample.truth.size() == n,
                "not all candidates have a place");
    center_all(sample.seen);
    log_answers_.push_back(
        sample.machines.empty()
            ? std::lgamma(static_cast<double>(n) + 1)
            : -OrderSums(order_prior(n, sample.machines)).log_probability(sample.truth));
    single_features_ = sample.seen.single[0].size();
    pair_features_ = sample.seen.pair[0][1].size();
  }
}

double OrderModel::log_answers(std::size_t sample) const { return log_answers_[sample]; }

OrderScores OrderModel::scores(const OrderSample& sample, std::span<const double> weights) const {
  const std::size_t n = sample.truth.size();
  OrderScores scores = order_prior(n, sample.machines);
  for (std::size_t c = 0; c < n; ++c) {
    std::array<double, 3> kinds;
    for (std::size_t kind = 0; kind < 3; ++kind)
      kinds[kind] =
          score(weights.subspan(pair_features_ + kind * single_features_), sample.seen.single[c]);
    for (std::size_t place = 0; place < n; ++place)
      scores.place[c * n + place] = score(kinds, kinds_at(place, n));
    for (std::size_t to = 0; to < n; ++to)
      if (to != c) scores.follow[c * n + to] += score(weights, sample.seen.pair[c][to]);
  }
  return scores;
}

void OrderModel::add_gradient(const OrderSample& sample, const OrderShares& shares,
                              std::span<double> gradient) const {
  const std::size_t n = sample.truth.size();
  std::vector<double> place(n * n), follow(n * n);
  for (std::size_t i = 0; i < n * n; ++i) place[i] = -shares.place[i];
  for (std::size_t i = 0; i < n * n; ++i) follow[i] = -shares.follow[i];
  for (std::size_t at = 0; at < n; ++at) {
    place[sample.truth[at] * n + at] += 1;
    if (at > 0) follow[sample.truth[at - 1] * n + sample.truth[at]] += 1;
  }
  for (std::size_t c = 0; c < n; ++c) {
    std::array<double, 3> kinds{};
    for (std::size_t at = 0; at < n; ++at) add(place[c * n + at], kinds_at(at, n), kinds);
    for (std::size_t kind = 0; kind < 3; ++kind)
      add(kinds[kind], sample.seen.single[c],
          gradient.subspan(pair_features_ + kind * single_features_));
    for (std::size_t to = 0; to < n; ++to)
      if (to != c) add(follow[c * n + to], sample.seen.pair[c][to], gradient);
  }
}

double OrderModel::log_truth(std::size_t sample, std::span<const double> weights,
                             std::span<double> gradient) const {
  const OrderSample& seen = samples_[sample];
  const OrderSums sums(scores(seen, weights));
  if (!gradient.empty()) add_gradient(seen, sums.shares(), gradient);
  return sums.log_probability(seen.truth);
}

Answer OrderModel::answer(std::size_t sample, std::span<const double> weights) const {
  const OrderSample& seen = samples_[sample];
  const std::size_t n = seen.truth.size();
  const OrderSums sums(scores(seen, weights));
  const std::vector<std::uint32_t> best = sums.best();
  Answer answer;
  answer.best = {std::exp(-log_answers(sample)), std::exp(sums.log_probability(best)),
                 best == seen.truth};
  std::vector<std::size_t> behind(n, n);  // by candidate; of the last, none
  for (std::size_t at = 1; at < n; ++at) behind[seen.truth[at - 1]] = seen.truth[at];
  const OrderShares shares = sums.shares();
  OrderShares before;
  if (!seen.machines.empty()) before = OrderSums(order_prior(n, seen.machines)).shares();
  for (std::size_t from = 0; from < n; ++from)
    for (std::size_t to = 0; to < n; ++to)
      if (to != from)
        answer.parts.push_back(
            {before.follow.empty() ? 1 / static_cast<double>(n) : before.follow[from * n + to],
             shares.follow[from * n + to], to == behind[from]});
  return answer;
}

std::vector<double> OrderModel::spreads(std::span<const std::size_t> samples) const {
  FeatureSpread single, pair;
  for (const std::size_t sample : samples) {
    const Observation& seen = samples_[sample].seen;
    for (std::size_t from = 0; from < seen.pair.size(); ++from) {
      single.add(seen.single[from]);
      for (std::size_t to = 0; to < seen.pair.size(); ++to)
        if (from != to) pair.add(seen.pair[from][to]);
    }
  }
  std::vector<double> spreads = pair.root_mean_squares(pair_features_);
  const std::vector<double> of_single = single.root_mean_squares(single_features_);
  for (int kind = 0; kind < 3; ++kind)
    spreads.insert(spreads.end(), of_single.begin(), of_single.end());
  return spreads;
}

}  // namespace mixnn
