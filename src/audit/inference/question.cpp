#include "mixnn/audit/inference/question.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "mixnn/audit/inference/choice_model.hpp"
#include "mixnn/audit/inference/feature_rows.hpp"
#include "mixnn/audit/inference/order_model.hpp"
#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

using Features = std::vector<double>;

void append(Features& features, std::span<const double> more) {
  features.insert(features.end(), more.begin(), more.end());
}

// With mean 0 and deviation 1 over the runs; 0 where all runs have the same. What these features
// mean for each answer is learnt for all runs together.
std::vector<Features> standardized(std::vector<Features> rows) {
  for (std::size_t f = 0; f < rows[0].size(); ++f) {
    double mean = 0, square = 0;
    for (const Features& row : rows) mean += row[f] / static_cast<double>(rows.size());
    for (const Features& row : rows) square += (row[f] - mean) * (row[f] - mean);
    const double deviation = std::sqrt(square / static_cast<double>(rows.size()));
    const bool same = deviation <= 1e-12 * std::abs(mean);
    for (Features& row : rows) row[f] = same ? 0 : (row[f] - mean) / deviation;
  }
  return rows;
}

bool any(const Features& features) {
  return std::ranges::any_of(features, [](double feature) { return feature != 0; });
}

std::size_t place_of(const SeenRun& run, std::size_t candidate) {
  const auto at = std::ranges::find(run.order, candidate);
  MIXNN_CHECK(at != run.order.end(), "a candidate that hosts no stage");
  return static_cast<std::size_t>(at - run.order.begin());
}

// Before anything was seen, where not all orders are as likely.
std::optional<OrderShares> prior_of(const SeenRun& run) {
  if (run.sight.machines.empty()) return std::nullopt;
  return OrderSums(order_prior(run.order.size(), run.sight.machines)).shares();
}

ChoiceSample position_sample(const SeenRun& run, const Features& own) {
  const std::size_t places = run.order.size();
  ChoiceSample sample;
  if (const std::optional<OrderShares> prior = prior_of(run)) {
    const auto at =
        prior->place.begin() + static_cast<std::ptrdiff_t>(run.sight.own.front() * places);
    sample.before.assign(at, at + static_cast<std::ptrdiff_t>(places));
  }
  sample.truth = place_of(run, run.sight.own.front());
  for (std::size_t place = 0; place < places; ++place) {
    const double along =
        2 * static_cast<double>(place) / static_cast<double>(std::max<std::size_t>(places, 2) - 1) -
        1;
    Features& features = sample.features.emplace_back();
    for (const double shape :
         {along, along * along, place == 0 ? 1.0 : 0.0, place + 1 == places ? 1.0 : 0.0}) {
      features.push_back(any(own) ? shape : 0);
      for (const double feature : own) features.push_back(shape * feature);
    }
  }
  return sample;
}

std::vector<ChoiceSample> position_samples(std::span<const SeenRun> runs) {
  std::vector<Features> own;
  for (const SeenRun& run : runs)
    own.push_back(run.sight.observation.single[run.sight.own.front()]);
  own = standardized(std::move(own));
  std::vector<ChoiceSample> samples;
  for (std::size_t i = 0; i < runs.size(); ++i) samples.push_back(position_sample(runs[i], own[i]));
  return samples;
}

// By candidate but the host itself: what tells it from the others. Beside them `level`, which is
// what all of them have together, and the host's own features.
std::vector<Features> next_rows(const SeenRun& run, Features& level) {
  const Observation& seen = run.sight.observation;
  const std::size_t host = run.sight.own.front();
  std::vector<Features> rows;
  for (std::size_t c = 0; c < run.order.size(); ++c) {
    if (c == host) continue;
    rows.push_back(seen.pair[host][c]);
    append(rows.back(), seen.pair[c][host]);
    append(rows.back(), seen.single[c]);
  }
  std::vector<Features*> all;
  for (Features& row : rows) all.push_back(&row);
  level = rows[0];
  center(all);
  for (std::size_t f = 0; f < level.size(); ++f) level[f] -= rows[0][f];
  append(level, seen.single[host]);
  return rows;
}

// The last answer is that nobody is behind it, for which the level speaks.
ChoiceSample next_sample(const SeenRun& run, std::vector<Features> rows, const Features& level) {
  const std::size_t host = run.sight.own.front(), place = place_of(run, host);
  ChoiceSample sample;
  bool tells = any(level);
  for (Features& row : rows) {
    tells = tells || any(row);
    row.resize(row.size() + 1 + level.size());
  }
  Features nobody(rows[0].size() - 1 - level.size());
  nobody.push_back(tells ? 1 : 0);
  append(nobody, level);
  rows.push_back(std::move(nobody));
  sample.truth = rows.size() - 1;
  if (place + 1 < run.order.size()) {
    const std::size_t next = run.order[place + 1];
    sample.truth = next - (next > host ? 1 : 0);
  }
  sample.features = std::move(rows);
  if (const std::optional<OrderShares> prior = prior_of(run)) {
    const std::size_t n = run.order.size();
    for (std::size_t c = 0; c < n; ++c)
      if (c != host) sample.before.push_back(prior->follow[host * n + c]);
    sample.before.push_back(prior->place[host * n + n - 1]);
  }
  return sample;
}

std::vector<ChoiceSample> next_samples(std::span<const SeenRun> runs) {
  std::vector<std::vector<Features>> rows;
  std::vector<Features> levels(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) rows.push_back(next_rows(runs[i], levels[i]));
  levels = standardized(std::move(levels));
  std::vector<ChoiceSample> samples;
  for (std::size_t i = 0; i < runs.size(); ++i)
    samples.push_back(next_sample(runs[i], std::move(rows[i]), levels[i]));
  return samples;
}

}  // namespace

std::unique_ptr<Posterior> posterior_of(PlanSecret secret, std::span<const SeenRun> runs) {
  MIXNN_CHECK(!runs.empty(), "a question of no run");
  if (secret == PlanSecret::kOrder) {
    std::vector<OrderSample> samples;
    for (const SeenRun& run : runs)
      samples.push_back({run.sight.observation, run.order, run.sight.machines});
    return std::make_unique<OrderModel>(std::move(samples));
  }
  return std::make_unique<ChoiceModel>(secret == PlanSecret::kPosition ? position_samples(runs)
                                                                       : next_samples(runs));
}

}  // namespace mixnn
