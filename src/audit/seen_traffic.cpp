#include "mixnn/audit/seen_traffic.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "training_steps.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kNotSeen = ~std::size_t{0};  // not in these steps

double cell_seconds(const SeenCell& cell) { return cell.moment.seconds; }

class Watch {
 public:
  Watch(const MergedLog& log, const Watchers& watchers, std::uint64_t steps)
      : log_(log), watchers_(watchers), steps_(log, steps) {
    seen_.rounds = log.truth.traffic == "rounds";
    seen_.ranks = log.truth.ranks;
    seen_.passed_on = RankMatrix(log.truth.ranks);
    seen_.messages.resize(log.truth.ranks);
  }
  SeenTraffic see();

 private:
  bool is_member(std::uint32_t rank) const {
    return std::ranges::binary_search(watchers_.members, rank);
  }
  void see_sent(const WireLog& log, bool from_within);
  void see_taken(const WireLog& log);
  void put_in_order();
  void hear(const WireLog& log);
  double place_at(double seconds) const;  // in onion traffic; -1 before training
  std::optional<std::uint32_t> step_at(double place) const;
  Moment moment(const LoggedCell& cell) const {
    return {seen_.rounds ? steps_.round(cell) : 0, steps_.seconds(cell.time_ns)};
  }

  const MergedLog& log_;
  const Watchers& watchers_;
  const TrainingSteps steps_;
  SeenTraffic seen_;
  // By link between members: the cells that went over it, in their order.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::size_t>> between_;
};

double Watch::place_at(double seconds) const {
  if (seen_.steps.empty() || seconds < seen_.steps.front().seconds) return -1;
  const auto next = std::ranges::lower_bound(seen_.cells, seconds, {}, cell_seconds);
  return next == seen_.cells.end() ? seen_.steps.back().place : next->moment.place;
}

std::optional<std::uint32_t> Watch::step_at(double place) const {
  const auto next = std::ranges::upper_bound(seen_.steps, place, {}, &Moment::place);
  if (next == seen_.steps.begin() || next == seen_.steps.end()) return std::nullopt;
  return static_cast<std::uint32_t>(next - seen_.steps.begin() - 1);
}

SeenTraffic Watch::see() {
  for (const WireLog& log : log_.ranks)
    if (watchers_.all_links || is_member(log.rank)) see_sent(log, is_member(log.rank));
  for (const std::uint32_t member : watchers_.members) see_taken(log_.ranks[member]);
  put_in_order();
  for (const std::uint32_t member : watchers_.members) hear(log_.ranks[member]);
  return std::move(seen_);
}

void Watch::see_sent(const WireLog& log, bool from_within) {
  for (const LoggedCell& cell : log.cells) {
    if (!cell.sent || cell.peer == log.rank) continue;
    const bool counts = steps_.contain(cell);
    if (watchers_.all_links || is_member(cell.peer))
      between_[{log.rank, cell.peer}].push_back(counts ? seen_.cells.size() : kNotSeen);
    if (!counts) continue;
    seen_.cells.push_back({moment(cell), log.rank, cell.peer, cell.bytes, 0,
                           from_within && cell.taken > 0 ? 0.0 : 1.0, 1});
  }
}

// What comes of a rank that is looked at, too, has been seen as it was sent.
void Watch::see_taken(const WireLog& log) {
  std::map<std::uint32_t, std::uint32_t> passed_to;  // by number of the cell taken
  for (const LoggedCell& cell : log.cells)
    if (cell.sent && cell.taken > 0) passed_to[cell.taken] = cell.peer;
  std::map<std::uint32_t, std::size_t> taken_from;
  for (const LoggedCell& cell : log.cells) {
    if (cell.sent || cell.peer == log.rank) continue;
    const auto next = passed_to.find(cell.taken);
    const double ends = next == passed_to.end() ? 1 : 0;
    double begins = 1;
    if (watchers_.all_links || is_member(cell.peer)) {
      const std::vector<std::size_t>& sent = between_[{cell.peer, log.rank}];
      const std::size_t number = taken_from[cell.peer]++;
      if (number >= sent.size() || sent[number] == kNotSeen) continue;
      seen_.cells[sent[number]].ends = ends;
      begins = seen_.cells[sent[number]].begins;
    } else if (steps_.contain(cell)) {
      seen_.cells.push_back({moment(cell), cell.peer, log.rank, cell.bytes, 0, 1, ends});
    } else {
      continue;
    }
    if (next != passed_to.end()) seen_.passed_on.at(cell.peer, next->second) += begins;
  }
}

void Watch::put_in_order() {
  const auto earlier = [](const SeenCell& a, const SeenCell& b) {
    return std::pair(a.moment.place, a.moment.seconds) <
           std::pair(b.moment.place, b.moment.seconds);
  };
  std::ranges::stable_sort(seen_.cells, earlier);
  if (!seen_.rounds)
    for (std::size_t i = 0; i < seen_.cells.size(); ++i)
      seen_.cells[i].moment.place = static_cast<double>(i);
  seen_.steps = steps_.begins();
  if (!seen_.rounds)
    for (Moment& begin : seen_.steps)
      begin.place = static_cast<double>(
          std::ranges::lower_bound(seen_.cells, begin.seconds, {}, cell_seconds) -
          seen_.cells.begin());
  std::erase_if(seen_.cells, [this](SeenCell& cell) {
    const std::optional<std::uint32_t> step = step_at(cell.moment.place);
    if (step) cell.step = *step;
    return !step;
  });
}

// In rounds, what it was handed out came with the exchange whose last slots it had sent; it sends
// those of the next once all is done.
void Watch::hear(const WireLog& log) {
  auto cell = log.cells.begin();
  double round = 0;
  for (const LoggedMessage& message : log.messages) {
    for (; cell != log.cells.end() && cell->time_ns <= message.time_ns; ++cell)
      if (cell->sent) round = steps_.round(*cell);
    SeenTraffic::OwnMessage own{
        {round, steps_.seconds(message.time_ns)}, 0, message.way, message.label};
    if (!seen_.rounds) own.moment.place = place_at(own.moment.seconds);
    if (const auto step = step_at(own.moment.place)) {
      own.step = *step;
      seen_.messages[log.rank].push_back(own);
    }
  }
}

}  // namespace

SeenTraffic see(const MergedLog& log, const Watchers& watchers, std::uint64_t steps) {
  return Watch(log, watchers, steps).see();
}

}  // namespace mixnn
