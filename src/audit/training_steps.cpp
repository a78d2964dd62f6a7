#include "training_steps.hpp"

#include <algorithm>
#include <optional>

namespace mixnn {
namespace {

constexpr std::uint8_t kTrainingDraw = 2;

// The exchange in which the owner was at that moment, or after it.
std::optional<std::uint64_t> first_training_exchange(const WireLog& owner, std::uint64_t time_ns) {
  for (const LoggedCell& cell : owner.cells)
    if (cell.sent && cell.draw == kTrainingDraw && cell.time_ns >= time_ns) return cell.exchange;
  return std::nullopt;
}

// The exchanges in which the host was handed the first forward of each step.
std::vector<std::uint64_t> first_forwards(const WireLog& host) {
  std::vector<std::uint64_t> exchanges;
  auto cell = host.cells.begin();
  std::uint64_t exchange = 0;
  for (const LoggedMessage& message : host.messages) {
    for (; cell != host.cells.end() && cell->time_ns <= message.time_ns; ++cell)
      if (cell->sent) exchange = cell->exchange;
    if (message.way == LoggedMessage::Way::kHandedOut &&
        message.label.kind == MessageKind::kForward && message.label.micro_batch == 0)
      exchanges.push_back(exchange);
  }
  return exchanges;
}

}  // namespace

TrainingSteps::TrainingSteps(const MergedLog& log, std::uint64_t steps)
    : rounds_(log.truth.traffic == "rounds"), rounds_of_exchange_(log.truth.hops + 1) {
  const std::vector<LoggedStep>& marks = log.ranks.front().steps;
  if (marks.empty()) return;
  origin_ns_ = marks.front().time_ns;
  steps = std::min<std::uint64_t>(steps, marks.size() - 1);
  rounds_ ? read_schedule(log, steps) : read_marks(marks, steps);
}

double TrainingSteps::seconds(std::uint64_t time_ns) const {
  return static_cast<double>(static_cast<std::int64_t>(time_ns - origin_ns_)) * 1e-9;
}

double TrainingSteps::round(const LoggedCell& cell) const {
  return static_cast<double>(cell.exchange * rounds_of_exchange_ + cell.round);
}

bool TrainingSteps::contain(const LoggedCell& cell) const {
  if (begins_.size() < 2) return false;
  const auto where = [&](const Moment& m) { return rounds_ ? m.place : m.seconds; };
  const double at = rounds_ ? round(cell) : seconds(cell.time_ns);
  return at >= where(begins_.front()) && at < where(begins_.back());
}

void TrainingSteps::read_marks(const std::vector<LoggedStep>& marks, std::uint64_t steps) {
  for (std::uint64_t step = 0; step <= steps; ++step)
    begins_.push_back({0, seconds(marks[step].time_ns)});
}

// How long after a step's beginning the first host has its first forward is the owner's secret, but
// the same in all steps: they are as far apart as these forwards.
void TrainingSteps::read_schedule(const MergedLog& log, std::uint64_t steps) {
  const WireLog& owner = log.ranks.front();
  const auto first = first_training_exchange(owner, owner.steps.front().time_ns);
  const std::vector<std::uint64_t> forwards = first_forwards(log.ranks[log.truth.hosts.front()]);
  if (!first || forwards.empty() || steps == 0) return;
  const std::uint64_t length = log.truth.micro_batches + 2 * log.truth.ranks - 3;
  std::vector<std::uint64_t> exchanges;
  for (std::uint64_t step = 0; step < std::min<std::uint64_t>(steps, forwards.size()); ++step)
    exchanges.push_back(*first + forwards[step] - forwards[0]);
  exchanges.push_back(exchanges.back() + length);
  auto cell = owner.cells.begin();
  for (const std::uint64_t exchange : exchanges) {
    while (cell != owner.cells.end() && (!cell->sent || cell->exchange < exchange)) ++cell;
    begins_.push_back(
        {static_cast<double>(exchange * rounds_of_exchange_),
         cell != owner.cells.end() ? seconds(cell->time_ns) : seconds(owner.cells.back().time_ns)});
  }
}

}  // namespace mixnn
