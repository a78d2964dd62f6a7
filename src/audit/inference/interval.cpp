#include "mixnn/audit/inference/interval.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "mixnn/base/check.hpp"
#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kDraws = 4000;
constexpr std::uint64_t kSeed = 18;

// Of Student's t beside the normal distribution, 95 %, two-sided, times what the bootstrap's
// deviation lacks: Cornish and Fisher's expansion.
double widening(std::size_t runs) {
  if (runs < 2) return 1;
  const double z = 1.959964, f = static_cast<double>(runs) - 1;
  const double t = z + (std::pow(z, 3) + z) / (4 * f) +
                   (5 * std::pow(z, 5) + 16 * std::pow(z, 3) + 3 * z) / (96 * f * f);
  return t / z * std::sqrt((f + 1) / f);
}

}  // namespace

Interval bootstrap_mean(std::span<const double> values) {
  MIXNN_CHECK(!values.empty(), "a mean of nothing");
  const auto runs = static_cast<std::uint32_t>(values.size());
  Interval interval;
  interval.mean = std::accumulate(values.begin(), values.end(), 0.0) / runs;
  if (std::ranges::all_of(values, [&](double value) { return value == values[0]; }))
    return {values[0], values[0], values[0]};
  CounterRng rng(kSeed, RandomPurpose::kAudit, 0);
  std::vector<double> means(kDraws);
  for (double& mean : means) {
    for (std::uint32_t i = 0; i < runs; ++i) mean += values[rng.below(runs)];
    mean /= runs;
  }
  std::ranges::sort(means);
  const double wider = widening(runs);
  interval.low = interval.mean + wider * (means[kDraws / 40] - interval.mean);
  interval.high = interval.mean + wider * (means[kDraws - 1 - kDraws / 40] - interval.mean);
  return interval;
}

}  // namespace mixnn
