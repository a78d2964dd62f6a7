#pragma once
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

#include "mixnn/audit/inference/question.hpp"
#include "mixnn/base/random.hpp"

namespace mixnn::testing {

inline CounterRng synthetic_rng(std::uint32_t index) {
  return CounterRng(7, RandomPurpose::kTest, index);
}

inline double normal_number(CounterRng& rng) {
  const double radius = std::sqrt(-2 * std::log(1 - static_cast<double>(rng.uniform())));
  return radius * std::cos(2 * std::numbers::pi * static_cast<double>(rng.uniform()));
}

inline std::vector<std::uint32_t> random_order(std::uint32_t n, CounterRng& rng) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  shuffle(std::span(order), rng);
  return order;
}

// A run of n hosts in a random order, with so many features that are all 0.
inline SeenRun empty_run(std::uint32_t n, std::size_t singles, std::size_t pairs, CounterRng& rng) {
  SeenRun run;
  run.order = random_order(n, rng);
  run.sight.observation.single.assign(n, std::vector<double>(singles));
  run.sight.observation.pair.assign(
      n, std::vector<std::vector<double>>(n, std::vector<double>(pairs)));
  for (std::uint32_t c = 0; c < n; ++c) run.sight.candidates.push_back(10 + c);
  run.sight.own = {0};
  return run;
}

// Adds normal noise of that deviation to all features.
inline void add_noise(SeenRun& run, double deviation, CounterRng& rng) {
  for (auto& features : run.sight.observation.single)
    for (double& feature : features) feature += deviation * normal_number(rng);
  for (auto& row : run.sight.observation.pair)
    for (auto& features : row)
      for (double& feature : features) feature += deviation * normal_number(rng);
}

}  // namespace mixnn::testing
