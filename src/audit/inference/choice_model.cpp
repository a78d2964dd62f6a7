#include "mixnn/audit/inference/choice_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mixnn/audit/inference/feature_rows.hpp"
#include "mixnn/base/check.hpp"

namespace mixnn {

ChoiceModel::ChoiceModel(std::vector<ChoiceSample> samples) : samples_(std::move(samples)) {
  for (ChoiceSample& sample : samples_) {
    MIXNN_CHECK(sample.truth < sample.features.size(), "a truth that is no candidate");
    std::vector<std::vector<double>*> rows;
    for (std::vector<double>& row : sample.features) rows.push_back(&row);
    center(rows);
    weights_ = sample.features[0].size();
  }
}

double ChoiceModel::log_answers(std::size_t sample) const {
  const ChoiceSample& seen = samples_[sample];
  return seen.before.empty() ? std::log(static_cast<double>(seen.features.size()))
                             : -std::log(seen.before[seen.truth]);
}

std::vector<double> ChoiceModel::chances(const ChoiceSample& sample,
                                         std::span<const double> weights) const {
  std::vector<double> chances;
  for (const std::vector<double>& row : sample.features) chances.push_back(score(weights, row));
  const double largest = std::ranges::max(chances);
  for (double& chance : chances) chance = std::exp(std::max(chance - largest, -300.0));
  for (std::size_t c = 0; c < sample.before.size(); ++c) chances[c] *= sample.before[c];
  const double sum = std::accumulate(chances.begin(), chances.end(), 0.0);
  for (double& chance : chances) chance /= sum;
  return chances;
}

double ChoiceModel::log_truth(std::size_t sample, std::span<const double> weights,
                              std::span<double> gradient) const {
  const ChoiceSample& seen = samples_[sample];
  const std::vector<double> stated = chances(seen, weights);
  for (std::size_t c = 0; !gradient.empty() && c < stated.size(); ++c)
    add((c == seen.truth ? 1 : 0) - stated[c], seen.features[c], gradient);
  return std::log(stated[seen.truth]);
}

Answer ChoiceModel::answer(std::size_t sample, std::span<const double> weights) const {
  const ChoiceSample& seen = samples_[sample];
  const std::vector<double> stated = chances(seen, weights);
  Answer answer;
  for (std::size_t c = 0; c < stated.size(); ++c)
    answer.parts.push_back(
        {seen.before.empty() ? 1 / static_cast<double>(stated.size()) : seen.before[c], stated[c],
         c == seen.truth});
  answer.best = *std::ranges::max_element(answer.parts, {}, &Claim::stated);
  return answer;
}

std::vector<double> ChoiceModel::spreads(std::span<const std::size_t> samples) const {
  FeatureSpread spread;
  for (const std::size_t sample : samples)
    for (const std::vector<double>& row : samples_[sample].features) spread.add(row);
  return spread.root_mean_squares(weights_);
}

}  // namespace mixnn
