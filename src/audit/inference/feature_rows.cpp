#include "mixnn/audit/inference/feature_rows.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mixnn/base/check.hpp"

namespace mixnn {

void center(std::span<std::vector<double>* const> rows) {
  if (rows.empty()) return;
  const std::size_t features = rows[0]->size();
  for (const std::vector<double>* row : rows)
    MIXNN_CHECK(row->size() == features, "features that not all candidates have");
  for (std::size_t f = 0; f < features; ++f) {
    const double first = (*rows[0])[f];
    double sum = 0;
    bool alike = true;
    for (const std::vector<double>* row : rows) {
      sum += (*row)[f];
      alike = alike && (*row)[f] == first;
    }
    const double mean = sum / static_cast<double>(rows.size());
    for (std::vector<double>* row : rows) (*row)[f] = alike ? 0 : (*row)[f] - mean;
  }
}

void FeatureSpread::add(std::span<const double> features) {
  squares_.resize(features.size());
  for (std::size_t f = 0; f < features.size(); ++f) squares_[f] += features[f] * features[f];
  ++rows_;
}

std::vector<double> FeatureSpread::root_mean_squares(std::size_t features) const {
  std::vector<double> roots(features);
  for (std::size_t f = 0; f < squares_.size(); ++f)
    roots[f] = std::sqrt(squares_[f] / static_cast<double>(rows_));
  return roots;
}

double score(std::span<const double> weights, std::span<const double> features) {
  return std::inner_product(features.begin(), features.end(), weights.begin(), 0.0);
}

void add(double factor, std::span<const double> features, std::span<double> sum) {
  for (std::size_t f = 0; f < features.size(); ++f) sum[f] += factor * features[f];
}

}  // namespace mixnn
