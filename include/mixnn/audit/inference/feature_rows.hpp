#pragma once
#include <span>
#include <vector>

namespace mixnn {

// Lowers each feature by its mean over the rows. What all rows have alike tells them not apart, and
// becomes 0 exactly.
void center(std::span<std::vector<double>* const> rows);

// The squares of some rows' features, to add up over samples.
class FeatureSpread {
 public:
  void add(std::span<const double> features);
  std::vector<double> root_mean_squares(std::size_t features) const;

 private:
  std::vector<double> squares_;
  std::size_t rows_ = 0;
};

double score(std::span<const double> weights, std::span<const double> features);
void add(double factor, std::span<const double> features, std::span<double> sum);

}  // namespace mixnn
