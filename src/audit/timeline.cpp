#include "timeline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace mixnn {
namespace {

double mean_bytes(const SeenTraffic& seen) {
  double sum = 0;
  for (const SeenCell& cell : seen.cells) sum += cell.bytes;
  return sum / std::max<double>(1, static_cast<double>(seen.cells.size()));
}

Timeline::Event event_of(const SeenTraffic& seen, Axis axis, const SeenCell& cell, double weight) {
  return {on(axis, cell.moment), phase_of(seen, axis, cell.step, cell.moment), cell.step, weight};
}

std::vector<Timeline> timelines(const SeenTraffic& seen, Axis axis, std::uint32_t SeenCell::*rank,
                                double SeenCell::*chance) {
  std::vector<Timeline> lines(seen.ranks);
  const double bytes = mean_bytes(seen);
  for (const SeenCell& cell : seen.cells) {
    const double size = axis == Axis::kPlace ? cell.bytes / bytes : 1;
    if (cell.*chance > 0)
      lines[cell.*rank].events.push_back(event_of(seen, axis, cell, cell.*chance * size));
  }
  for (Timeline& line : lines) std::ranges::stable_sort(line.events, {}, &Timeline::Event::at);
  return lines;
}

// A rank's moment in a round is the mean of its cells'.
std::vector<Timeline> latenesses(const SeenTraffic& seen) {
  std::vector<Timeline> lines(seen.ranks);
  struct Sum {
    double seconds = 0;
    std::size_t cells = 0;
    double mean() const { return seconds / static_cast<double>(cells); }
  };
  for (std::size_t i = 0; i < seen.cells.size();) {
    const SeenCell& first = seen.cells[i];
    std::map<std::uint32_t, Sum> by_rank;
    for (; i < seen.cells.size() && seen.cells[i].moment.place == first.moment.place; ++i) {
      Sum& sum = by_rank[seen.cells[i].from];
      sum.seconds += seen.cells[i].moment.seconds;
      ++sum.cells;
    }
    double earliest = std::numeric_limits<double>::infinity();
    for (const auto& [rank, sum] : by_rank) earliest = std::min(earliest, sum.mean());
    const double phase = phase_of(seen, Axis::kPlace, first.step, first.moment);
    for (const auto& [rank, sum] : by_rank)
      lines[rank].events.push_back({sum.mean(), phase, first.step, sum.mean() - earliest});
  }
  return lines;
}

}  // namespace

double phase_of(const SeenTraffic& seen, Axis axis, std::uint32_t step, const Moment& moment) {
  const double begin = on(axis, seen.steps[step]), end = on(axis, seen.steps[step + 1]);
  return (on(axis, moment) - begin) / std::max(end - begin, 1e-9);
}

double mean_step(const SeenTraffic& seen, Axis axis) {
  if (seen.steps.size() < 2) return 0;
  return (on(axis, seen.steps.back()) - on(axis, seen.steps.front())) /
         static_cast<double>(seen.steps.size() - 1);
}

double Timeline::weight() const {
  double sum = 0;
  for (const Event& event : events) sum += event.weight;
  return sum;
}

double Timeline::mean_phase() const {
  double sum = 0;
  for (const Event& event : events) sum += event.weight * event.phase;
  return sum / weight();
}

double Timeline::phase_spread() const {
  const double mean = mean_phase();
  double sum = 0;
  for (const Event& event : events)
    sum += event.weight * (event.phase - mean) * (event.phase - mean);
  return std::sqrt(sum / weight());
}

double Timeline::weight_in(double from, double to) const {
  double sum = 0;
  for (const Event& event : events)
    if (event.phase >= from && event.phase < to) sum += event.weight;
  return sum;
}

std::vector<Timeline> beginnings(const SeenTraffic& seen, Axis axis) {
  if (seen.rounds && axis == Axis::kSeconds) return latenesses(seen);
  return timelines(seen, axis, &SeenCell::from, &SeenCell::begins);
}

std::vector<Timeline> endings(const SeenTraffic& seen, Axis axis) {
  if (seen.rounds && axis == Axis::kSeconds) return std::vector<Timeline>(seen.ranks);
  return timelines(seen, axis, &SeenCell::to, &SeenCell::ends);
}

double follows(const Timeline& first, const Timeline& second, double from, double to,
               double length) {
  double found = 0, within = 0;
  auto begin = second.events.begin(), end = second.events.begin();
  for (const Timeline::Event& event : first.events) {
    for (; end != second.events.end() && end->at <= event.at + to; ++end) within += end->weight;
    for (; begin != end && begin->at <= event.at + from; ++begin) within -= begin->weight;
    found += event.weight * within;
  }
  const double by_chance = first.weight() * second.weight() * (to - from) / length;
  return (found - by_chance) / std::sqrt(by_chance + 1);
}

}  // namespace mixnn
