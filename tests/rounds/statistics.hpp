#pragma once
#include <cmath>

namespace mixnn::testing {

// One-sided standard deviations of what happens by chance once in 10^6 times.
inline constexpr double kSigmas1e6 = 4.75;

// What Pearson's statistic of so many degrees of freedom stays below (Wilson and Hilferty's
// approximation), but for the chance that `sigmas` say.
inline double chi_quantile(double freedom, double sigmas) {
  const double spread = 2 / (9 * freedom);
  return freedom * std::pow(1 - spread + sigmas * std::sqrt(spread), 3);
}

// The largest share of `trials` that successes of probability p have, but for that chance.
inline double largest_share(double p, double trials, double sigmas) {
  return p + sigmas * std::sqrt(p * (1 - p) / trials);
}

// Of numbers that are drawn alike: their mean, and its standard error.
class Mean {
 public:
  void add(double value) {
    ++count_;
    sum_ += value;
    squares_ += value * value;
  }
  double mean() const { return sum_ / count_; }
  double error() const { return std::sqrt((squares_ / count_ - mean() * mean()) / count_); }

 private:
  double count_ = 0, sum_ = 0, squares_ = 0;
};

}  // namespace mixnn::testing
