#include "mixnn/forecast/rounds/round_simulation.hpp"

#include <algorithm>

#include "mixnn/data/batching.hpp"
#include "mixnn/forecast/simulated_request.hpp"
#include "mixnn/rounds/lane_stream.hpp"
#include "mixnn/rounds/table.hpp"

namespace mixnn {
namespace {

// About what products are cut into (tensor/products.hpp).
constexpr double kRoundPartSeconds = 20e-6, kMostRoundParts = 4;

RoundWork::Setting work_setting(const RunSetting& setting, const MessageSizes& sizes) {
  return {setting.ranks, setting.session.hops, sizes.cell_bytes,
          setting.machines.share_cores(setting.ranks)};
}

}  // namespace

// Beside the table itself: what ends the draw before, a fresh agreement with each rank, and time
// for all to go back.
std::size_t exchanges_of_redraw(std::size_t ranks, std::size_t hops, std::size_t allowance) {
  const TableShape shape{static_cast<std::uint8_t>(ranks), static_cast<std::uint8_t>(hops), 0};
  const std::size_t bytes = encode(empty_table(shape)).size();
  return 10 + 2 * allowance + static_cast<std::size_t>(lane_exchanges(bytes, hops + 1));
}

// With overlapping steps each begins when the circuits are free of the last, and no host has work
// of the one before that (PublicSchedule::follows). A clipped step ends before the next begins.
StepPattern step_pattern(const TrainingOptions& training, const SessionOptions& session,
                         std::size_t ranks, std::size_t micro_batches) {
  const std::size_t step = exchanges_of_step(ranks, micro_batches, session.allowance);
  if (training.staleness == 0 || training.clip_norm > 0)
    return {{0},
            step + (session.redraw == Redraw::kBatch
                        ? exchanges_of_redraw(ranks, session.hops, session.allowance)
                        : 0)};
  if (2 * micro_batches >= step) return {{0}, micro_batches};
  return {{0, micro_batches}, step};
}

RoundSimulation::RoundSimulation(const RunSetting& setting, const CostModel& costs,
                                 std::size_t patterns)
    : setting_(setting),
      costs_(costs),
      sizes_(message_sizes(setting.model, setting.training, setting.session)),
      ranks_(setting.ranks, setting.machines),
      work_(costs, work_setting(setting, sizes_)),
      rows_(micro_batch_rows(setting.training.batch_size, setting.training.micro_batches)),
      rounds_(setting.session.hops + 1),
      pattern_(step_pattern(setting.training, setting.session, setting.ranks, rows_.size())),
      patterns_(patterns),
      stages_(setting.model.hosted_stages()),
      before_((setting.ranks - stages_) / 2),
      behind_(setting.ranks - 1 - stages_ - before_),
      own_first_(sum_of(std::span(costs.stages).first(setting.model.own.first))),
      own_last_(sum_of(std::span(costs.stages).last(setting.model.own.last))),
      here_(setting.machines.hosts, std::vector<std::size_t>(exchanges_of_all() * rounds_)) {}

std::size_t RoundSimulation::exchanges() const {
  return (pattern_.exchanges + steps_of_pattern() - 1) / steps_of_pattern();
}

double RoundSimulation::cells() const {
  const std::size_t links = setting_.ranks * (setting_.ranks - 1);
  return static_cast<double>(exchanges_of_all() * rounds_ * links);
}

void RoundSimulation::run() {
  for (std::size_t rank = 0; rank < setting_.ranks; ++rank) begin(rank, 0);
  ranks_.run();
}

void RoundSimulation::begin(std::size_t rank, std::size_t exchange) {
  if (rank == 0 && exchange > 0 && exchange % pattern_.exchanges == 0)
    ended_.push_back(ranks_.now());
  if (exchange == exchanges_of_all()) return;
  ranks_.add(rank, kSend, work_.sending(),
             [this, rank, exchange] { sent(rank, exchange * rounds_); });
}

// To all ranks of a host together: its link carries one slot after the other.
void RoundSimulation::sent(std::size_t rank, std::size_t round) {
  for (std::size_t host = 0; host < ranks_.hosts(); ++host) {
    const std::vector<std::size_t>& there = ranks_.ranks_of(host);
    if (there.empty()) continue;
    ranks_.transfer(rank, there.front(), static_cast<double>(there.size() * sizes_.cell_bytes),
                    [this, host, round] { arrive(host, round); });
  }
}

void RoundSimulation::arrive(std::size_t host, std::size_t round) {
  if (++here_[host][round] < setting_.ranks) return;
  for (const std::size_t rank : ranks_.ranks_of(host)) take(rank, round);
}

void RoundSimulation::take(std::size_t rank, std::size_t round) {
  const std::size_t of_exchange = round % rounds_;
  ranks_.add(rank, kTake, work_.taking(of_exchange), [this, rank, round, of_exchange] {
    if (of_exchange + 1 < rounds_)
      sent(rank, round + 1);
    else
      compute(rank, round / rounds_);
  });
}

void RoundSimulation::compute(std::size_t rank, std::size_t exchange) {
  const double seconds = rank == 0         ? owners_work(exchange)
                         : rank <= stages_ ? hosts_work(rank - 1, exchange)
                                           : 0;
  if (seconds == 0) return begin(rank, exchange + 1);
  const auto parts =
      static_cast<std::size_t>(std::clamp(seconds / kRoundPartSeconds, 1.0, kMostRoundParts));
  ranks_.add(
      rank, kForward, seconds_of_kind(WorkKind::kCompute, seconds),
      [this, rank, exchange] { begin(rank, exchange + 1); }, parts);
}

// Steps follow one another without end: in the first exchanges are the last micro-batches of a step
// before.
RoundSimulation::Reached RoundSimulation::reached(std::size_t exchange, std::size_t links) const {
  const std::size_t period = pattern_.exchanges;
  const std::size_t after = setting_.session.allowance * links;
  for (const std::size_t begin : pattern_.begins) {
    const std::size_t micro_batch = (exchange + period - (after + begin) % period) % period;
    if (micro_batch < rows_.size())
      return {static_cast<double>(rows_[micro_batch]), micro_batch + 1 == rows_.size()};
  }
  return {};
}

double RoundSimulation::hosts_work(std::size_t stage, std::size_t exchange) const {
  const StageCosts& costs = costs_.stages[setting_.model.own.first + stage];
  double seconds = 0;
  if (const Reached forward = reached(exchange, before_ + stage); forward.rows > 0)
    seconds += costs.forward(forward.rows);
  const std::size_t back = setting_.ranks + behind_ + stages_ - 1 - stage;
  if (const Reached backward = reached(exchange, back); backward.rows > 0)
    seconds += costs.input_gradient(backward.rows) + costs.accumulate(backward.rows) +
               (backward.last ? costs.update : 0);
  return seconds;
}

// The inputs of what leaves in the next exchange, the loss of what has come, and its own stages.
double RoundSimulation::owners_work(std::size_t exchange) const {
  double seconds = 0;
  if (const Reached inputs = reached(exchange + 1, before_); inputs.rows > 0)
    seconds += costs_.inputs(inputs.rows) + own_first_.forward(inputs.rows);
  if (const Reached outputs = reached(exchange, before_ + stages_); outputs.rows > 0)
    seconds += costs_.loss(outputs.rows) + own_last_.forward(outputs.rows) +
               own_last_.input_gradient(outputs.rows) + own_last_.accumulate(outputs.rows) +
               (outputs.last ? own_last_.update : 0);
  const std::size_t back = setting_.ranks + behind_ + stages_;
  if (const Reached answers = reached(exchange, back); answers.rows > 0)
    seconds += own_first_.input_gradient(answers.rows) + own_first_.accumulate(answers.rows) +
               (answers.last ? own_first_.update : 0);
  return seconds;
}

}  // namespace mixnn
