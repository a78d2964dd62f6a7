#pragma once
#include <cstdint>

#include "mixnn/audit/inference/order_sums.hpp"
#include "mixnn/audit/inference/posterior.hpp"
#include "mixnn/audit/observation.hpp"

namespace mixnn {

// The candidates in an unknown order, such as the hosts in that of their stages.
struct OrderSample {
  Observation seen;
  std::vector<std::uint32_t> truth;  // candidates by place: indexes into seen.single
  // By candidate: those with the same number are no neighbours, but for 0. Empty: all may be.
  std::vector<std::uint32_t> machines = {};
};

// Of n candidates, before anything was seen: all orders as likely, but for those that put
// candidates of one machine side by side.
OrderScores order_prior(std::size_t n, const std::vector<std::uint32_t>& machines);

// An order's score is the sum over its neighbours of the weighted features of the pair, and over
// its places of those of the candidate alone: with weights of their own for the first and for the
// last place, and others that grow evenly from the first place to the last. The sum over all orders
// is exact, as in Bayesian traffic analysis (Troncoso and Danezis 2009) but without sampling.
class OrderModel : public Posterior {
 public:
  explicit OrderModel(std::vector<OrderSample> samples);

  std::size_t samples() const override { return samples_.size(); }
  std::size_t weights() const override { return pair_features_ + 3 * single_features_; }
  double log_answers(std::size_t sample) const override;
  double log_truth(std::size_t sample, std::span<const double> weights,
                   std::span<double> gradient) const override;
  Answer answer(std::size_t sample, std::span<const double> weights) const override;
  std::vector<double> spreads(std::span<const std::size_t> samples) const override;

 private:
  OrderScores scores(const OrderSample& sample, std::span<const double> weights) const;
  void add_gradient(const OrderSample& sample, const OrderShares& shares,
                    std::span<double> gradient) const;

  std::vector<OrderSample> samples_;  // features less their mean over candidates or pairs
  std::vector<double> log_answers_;   // by sample
  std::size_t pair_features_ = 0, single_features_ = 0;
};

}  // namespace mixnn
