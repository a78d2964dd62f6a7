#pragma once
#include <span>

namespace mixnn {

// An estimate, and where the true value lies with a probability of 0.95.
struct Interval {
  double mean = 0, low = 0, high = 0;
};

// The mean of one value a run, by the bootstrap (Efron 1979): runs are drawn anew, with
// replacement, 4000 times, always the same draws; `low` and `high` cut off a fortieth of the means
// at each end. Of few runs it is too narrow by a factor that a t-distribution gives, so it is
// widened by that. At least one value.
Interval bootstrap_mean(std::span<const double> values);

}  // namespace mixnn
