#include "mixnn/audit/inference/null_tests.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

#include "mixnn/audit/inference/cross_validation.hpp"
#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kPermuted = 1, kNoise = 2;  // seeds
constexpr std::uint32_t kNumbers = 4;

double normal(CounterRng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - static_cast<double>(rng.uniform())));
  return radius * std::cos(2 * std::numbers::pi * static_cast<double>(rng.uniform()));
}

}  // namespace

std::vector<SeenRun> with_permuted_orders(std::span<const SeenRun> runs, std::uint32_t number) {
  std::vector<SeenRun> permuted(runs.begin(), runs.end());
  std::vector<std::size_t> from(runs.size());
  std::iota(from.begin(), from.end(), std::size_t{0});
  CounterRng rng(kPermuted, RandomPurpose::kAudit, number);
  shuffle(std::span(from), rng);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    permuted[i].order = runs[from[i]].order;
    permuted[i].sight.machines = runs[from[i]].sight.machines;  // which orders there can be
  }
  return permuted;
}

std::vector<SeenRun> with_noise(std::span<const SeenRun> runs, std::uint32_t number) {
  std::vector<SeenRun> noise(runs.begin(), runs.end());
  CounterRng rng(kNoise, RandomPurpose::kAudit, number);
  for (SeenRun& run : noise) {
    for (auto& features : run.sight.observation.single)
      for (double& feature : features) feature = normal(rng);
    for (auto& row : run.sight.observation.pair)
      for (auto& features : row)
        for (double& feature : features) feature = normal(rng);
  }
  return noise;
}

Interval null_bits(PlanSecret secret, std::span<const SeenRun> runs, NullRuns null) {
  std::vector<double> bits(runs.size());
  for (std::uint32_t number = 0; number < kNumbers; ++number) {
    const std::vector<HeldOut> held = cross_validate(*posterior_of(secret, null(runs, number)));
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] += held[i].bits / kNumbers;
  }
  return bootstrap_mean(bits);
}

}  // namespace mixnn
