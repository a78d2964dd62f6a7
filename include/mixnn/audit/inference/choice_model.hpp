#pragma once
#include <cstdint>

#include "mixnn/audit/inference/posterior.hpp"

namespace mixnn {

// One of some candidates is the true one, such as the rank that a host sends to. Each has features,
// as many as those of all samples.
struct ChoiceSample {
  std::vector<std::vector<double>> features;  // by candidate
  std::size_t truth = 0;
  std::vector<double> before = {};  // its probability, by candidate; empty: all as likely
};

// The conditional logit (McFadden 1974): a candidate's score is the product of weights and its
// features, and its probability in proportion to that before, times e^score.
class ChoiceModel : public Posterior {
 public:
  explicit ChoiceModel(std::vector<ChoiceSample> samples);

  std::size_t samples() const override { return samples_.size(); }
  std::size_t weights() const override { return weights_; }
  double log_answers(std::size_t sample) const override;
  double log_truth(std::size_t sample, std::span<const double> weights,
                   std::span<double> gradient) const override;
  Answer answer(std::size_t sample, std::span<const double> weights) const override;
  std::vector<double> spreads(std::span<const std::size_t> samples) const override;

 private:
  std::vector<double> chances(const ChoiceSample& sample, std::span<const double> weights) const;

  std::vector<ChoiceSample> samples_;  // features less their mean over the candidates
  std::size_t weights_ = 0;
};

}  // namespace mixnn
