#include "features.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string>

namespace mixnn {
namespace {

using Candidates = std::vector<std::uint32_t>;
using Lines = std::vector<Timeline>;

constexpr int kBins = 6;                          // of a step
constexpr double kLags[] = {0, 0.25, 0.5, 1, 2};  // in the time that a stage would take

std::string axis_name(Axis axis) { return axis == Axis::kPlace ? " by order" : " by time"; }

Lines of_candidates(const Lines& by_rank, const Candidates& candidates) {
  Lines lines;
  for (const std::uint32_t rank : candidates)
    lines.push_back(rank < by_rank.size() ? by_rank[rank] : Timeline{});
  return lines;
}

// A candidate's share of what all of them do in each part of a step; 1 is as much as the others.
void add_profile(const Lines& lines, const std::string& name, FeatureSheet& sheet) {
  for (int bin = 0; bin < kBins; ++bin) {
    const double from = static_cast<double>(bin) / kBins, to = from + 1.0 / kBins;
    std::vector<double> weights;
    double all = 0;
    for (const Timeline& line : lines) all += weights.emplace_back(line.weight_in(from, to));
    sheet.single(name + ", part " + std::to_string(bin + 1), [&](std::size_t i) {
      return all > 0 ? weights[i] * static_cast<double>(lines.size()) / all : 1;
    });
  }
  sheet.single(name + ", mean", [&](std::size_t i) { return lines[i].mean_phase(); });
  sheet.single(name + ", spread", [&](std::size_t i) { return lines[i].phase_spread(); });
}

// By step and candidate: the phase of the first event that is more likely than not.
std::vector<std::vector<double>> first_phases(const Lines& lines, std::size_t steps) {
  std::vector<std::vector<double>> first(
      steps, std::vector<double>(lines.size(), std::numeric_limits<double>::infinity()));
  for (std::size_t i = 0; i < lines.size(); ++i)
    for (const Timeline::Event& event : lines[i].events)
      if (event.weight > 0.5 && event.step < steps)
        first[event.step][i] = std::min(first[event.step][i], event.phase);
  return first;
}

// How often the second is the next to begin something, and how often anybody begins.
void add_firsts(const Lines& lines, std::size_t steps, const std::string& name,
                FeatureSheet& sheet) {
  const std::vector<std::vector<double>> first = first_phases(lines, steps);
  const auto before = [&](std::size_t step, double phase) {
    return std::ranges::count_if(first[step], [&](double other) { return other < phase; });
  };
  const auto share = [&](auto holds) {
    double sum = 0;
    for (std::size_t step = 0; step < steps; ++step) sum += holds(step);
    return sum / static_cast<double>(std::max<std::size_t>(steps, 1));
  };
  sheet.single(name + ", place of the first", [&](std::size_t i) {
    return share(
        [&](std::size_t step) { return static_cast<double>(before(step, first[step][i])); });
  });
  sheet.pair(name + ", is the next to be first", [&](std::size_t from, std::size_t to) {
    return share([&](std::size_t step) {
      return first[step][from] < first[step][to] &&
                     before(step, first[step][to]) == before(step, first[step][from]) + 1
                 ? 1.0
                 : 0.0;
    });
  });
}

}  // namespace

void add_counts(const SeenTraffic& seen, const Candidates& candidates, FeatureSheet& sheet) {
  RankMatrix cells(seen.ranks), bytes(seen.ranks);
  std::vector<double> sent(seen.ranks), taken(seen.ranks);
  for (const SeenCell& cell : seen.cells) {
    ++cells.at(cell.from, cell.to);
    bytes.at(cell.from, cell.to) += cell.bytes;
    ++sent[cell.from];
    ++taken[cell.to];
  }
  const double all = std::max<double>(1, static_cast<double>(seen.cells.size()));
  const auto rank = [&](std::size_t i) { return candidates[i]; };
  const auto mean_bytes = [&](std::size_t from, std::size_t to) {
    return bytes.at(from, to) / std::max(1.0, cells.at(from, to));
  };
  sheet.single("cells from it", [&](std::size_t i) { return sent[rank(i)] / all; });
  sheet.single("cells to it", [&](std::size_t i) { return taken[rank(i)] / all; });
  sheet.single("passed on from the owner to it",
               [&](std::size_t i) { return seen.passed_on.at(0, rank(i)) / all; });
  sheet.single("passed on from it to the owner",
               [&](std::size_t i) { return seen.passed_on.at(rank(i), 0) / all; });
  sheet.single("cells from the owner", [&](std::size_t i) { return cells.at(0, rank(i)) / all; });
  sheet.single("cells to the owner", [&](std::size_t i) { return cells.at(rank(i), 0) / all; });
  sheet.pair("cells from the first to the second", [&](std::size_t from, std::size_t to) {
    return cells.at(rank(from), rank(to)) / all;
  });
  sheet.pair("size of these",
             [&](std::size_t from, std::size_t to) { return mean_bytes(rank(from), rank(to)); });
  sheet.pair("passed on from the first to the second", [&](std::size_t from, std::size_t to) {
    return seen.passed_on.at(rank(from), rank(to)) / all;
  });
  sheet.pair("passed on from the second to the first", [&](std::size_t from, std::size_t to) {
    return seen.passed_on.at(rank(to), rank(from)) / all;
  });
}

void add_moments(const SeenTraffic& seen, const Candidates& candidates, Axis axis,
                 FeatureSheet& sheet) {
  const std::string how = axis_name(axis);
  const std::size_t steps = seen.steps.empty() ? 0 : seen.steps.size() - 1;
  const Lines begin = of_candidates(beginnings(seen, axis), candidates);
  const Lines end = of_candidates(endings(seen, axis), candidates);
  add_profile(begin, "what begins at it" + how, sheet);
  add_profile(end, "what ends at it" + how, sheet);
  add_firsts(begin, steps, "what begins at it" + how, sheet);
  const double step = mean_step(seen, axis), length = step * static_cast<double>(steps);
  const double unit = step / (2 * static_cast<double>(candidates.size() + 1));
  for (std::size_t lag = 0; lag + 1 < std::size(kLags); ++lag) {
    const std::string behind = ", lag " + std::to_string(lag + 1) + how;
    const auto z = [&](const Timeline& first, const Timeline& second) {
      return length > 0 ? follows(first, second, kLags[lag] * unit, kLags[lag + 1] * unit, length)
                        : 0;
    };
    sheet.pair("what begins at the first, then at the second" + behind,
               [&](std::size_t from, std::size_t to) { return z(begin[from], begin[to]); });
    sheet.pair("what begins at the first, then ends at the second" + behind,
               [&](std::size_t from, std::size_t to) { return z(begin[from], end[to]); });
  }
}

void add_own_messages(const SeenTraffic& seen, const Candidates& candidates, Axis axis,
                      FeatureSheet& sheet) {
  const std::string how = axis_name(axis);
  using How = LoggedMessage::Way;
  struct Mean {
    double sum = 0;
    std::size_t count = 0;
    void add(double value) {
      sum += value;
      ++count;
    }
    double value() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
  };
  struct Own {
    Mean first_forward, last_backward, there_and_back, work;
  };
  const double step_length = std::max(mean_step(seen, axis), 1e-9);
  std::vector<Own> own(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i] >= seen.messages.size()) continue;
    std::map<std::pair<std::uint32_t, std::uint32_t>, double> taken, answered;
    std::map<std::uint32_t, double> last;
    for (const SeenTraffic::OwnMessage& message : seen.messages[candidates[i]]) {
      const std::pair key{message.label.step, message.label.micro_batch};
      const double at = on(axis, message.moment);
      const double phase = phase_of(seen, axis, message.step, message.moment);
      const bool forward = message.label.kind == MessageKind::kForward;
      if (!forward && message.label.kind != MessageKind::kBackward) continue;
      if (forward && message.way == How::kHandedOut) {
        if (key.second == 0) own[i].first_forward.add(phase);
        taken[key] = at;
      } else if (forward) {
        if (taken.contains(key)) own[i].work.add((at - taken[key]) / step_length);
        answered[key] = at;
      } else if (message.way == How::kHandedOut) {
        if (answered.contains(key)) own[i].there_and_back.add((at - answered[key]) / step_length);
      } else {
        last[message.step] = phase;
      }
    }
    for (const auto& [step, phase] : last) own[i].last_backward.add(phase);
  }
  sheet.single("own first forward" + how,
               [&](std::size_t i) { return own[i].first_forward.value(); });
  sheet.single("own last backward" + how,
               [&](std::size_t i) { return own[i].last_backward.value(); });
  sheet.single("own forward to backward" + how,
               [&](std::size_t i) { return own[i].there_and_back.value(); });
  sheet.single("own work" + how, [&](std::size_t i) { return own[i].work.value(); });
}

}  // namespace mixnn
