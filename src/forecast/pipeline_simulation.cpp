#include "mixnn/forecast/pipeline_simulation.hpp"

#include <cmath>
#include <utility>

#include "mixnn/data/batching.hpp"
#include "mixnn/session/route.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kPlacementSeed = 1;
constexpr std::size_t kOwner = SimulatedOwner::kRank;

std::vector<std::size_t> output_bytes_of(const ModelSpec& model, ElementType wire) {
  std::vector<std::size_t> bytes;
  for (std::size_t s = 0; s < model.hosted_stages(); ++s)
    bytes.push_back(model.stage(model.own.first + s, 1, {}, wire).output_bytes(1));
  return bytes;
}

SimulatedOwner::Run owners_run(const RunSetting& setting, const CostModel& costs,
                               const std::vector<std::size_t>& rows, std::size_t steps) {
  const std::span<const StageCosts> stages(costs.stages);
  const OwnStages& own = setting.model.own;
  SimulatedOwner::Run run{
      setting.session.schedule,      setting.session.in_flight, rows, costs.loss, {},
      sum_of(stages.last(own.last)), setting.session.in_flight, steps};
  if (own.first > 0) run.first = sum_of(stages.first(own.first));
  run.staleness = setting.training.staleness;
  return run;
}

CellCosts cell_costs(const RunSetting& setting, CellCosts costs) {
  if (setting.machines.share_cores(setting.ranks))
    costs.hand_over.fixed += costs.change_share * costs.process_change;
  return costs;
}

}  // namespace

PipelineSimulation::PipelineSimulation(const RunSetting& setting, const CostModel& costs,
                                       std::size_t steps)
    : setting_(setting),
      costs_(costs),
      sizes_(message_sizes(setting.model, setting.training, setting.session)),
      rng_(kPlacementSeed, RandomPurpose::kForecast, 0),
      plan_(draw_plan(static_cast<std::uint32_t>(setting.ranks), setting.model.hosted_stages(),
                      rng_)),
      ranks_(setting.ranks, setting.machines),
      rows_(micro_batch_rows(setting.training.batch_size, setting.training.micro_batches)),
      output_bytes_(output_bytes_of(setting.model, setting.training.wire)),
      messages_(ranks_, sizes_,
                CellWork(cell_costs(setting, costs.cell), sizes_, setting.session.hops),
                [this] { return route(); }),
      owner_(
          ranks_, owners_run(setting, costs, rows_, steps),
          [this](const SimulatedRequest& request) { send_inputs(request); },
          [this](const SimulatedRequest& request) { send_gradient(request); }) {
  for (std::size_t stage = 0; stage < plan_.stages; ++stage) add_host(stage);
  for (std::size_t place = plan_.stages; place < plan_.places.size(); ++place) add_supply(place);
}

void PipelineSimulation::add_host(std::size_t stage) {
  hosts_.emplace_back(
      ranks_, plan_.places[stage], costs_.stages[setting_.model.own.first + stage], rows_,
      [this, stage](const SimulatedRequest& request) { forwarded(stage, request); },
      [this, stage](const SimulatedRequest& request) { returned(stage, request); },
      setting_.training.staleness);
  add_supply(stage);
}

void PipelineSimulation::add_supply(std::size_t place) {
  books_.push_back(book_of(place));
  // Books run out at different times, as they do in the middle of an epoch.
  const double left = std::floor(books_.back().tickets * static_cast<double>(place + 1) /
                                 static_cast<double>(plan_.places.size() + 1));
  supplies_.emplace_back(books_.back().tickets, left);
}

// Of one row, that this stage answers with. Of the first, only if the owner has stages before it.
std::size_t PipelineSimulation::input_gradient_bytes(std::size_t stage) const {
  if (stage > 0) return output_bytes_[stage - 1];
  const OwnStages& own = setting_.model.own;
  if (own.first == 0) return 0;
  return setting_.model.stage(own.first, 1, {}, setting_.training.wire).input_bytes(1);
}

// A decoy's is as large, and its pages are empty.
BookShape PipelineSimulation::book_of(std::size_t place) const {
  const std::size_t rows = rows_.front();
  const bool hosts = place < plan_.stages;
  BookShape book =
      book_shape(sizes_, setting_.session.hops, hosts ? rows * output_bytes_[place] : 0,
                 hosts ? rows * input_gradient_bytes(place) : 0);
  if (!hosts) book.slots = 0;
  return book;
}

std::vector<std::uint32_t> PipelineSimulation::route() {
  return draw_route(static_cast<std::uint32_t>(setting_.ranks), setting_.session.hops, rng_);
}

void PipelineSimulation::run() {
  owner_.start();
  ranks_.run();
}

void PipelineSimulation::send(std::size_t from, std::size_t to, double bytes, double compute_before,
                              RankSimulation::Event then) {
  messages_.send(from, to, bytes, seconds_of_kind(WorkKind::kCompute, compute_before),
                 std::move(then));
}

// Every message through the hosts and back takes one ticket of each, and a page of every decoy's
// book.
void PipelineSimulation::cover_all() {
  for (std::size_t place = 0; place < plan_.places.size(); ++place)
    if (supplies_[place].use())
      messages_.send(kOwner, plan_.places[place], books_[place].bytes,
                     seconds_of_kind(WorkKind::kTickets, books_[place].slots * costs_.cell.slot),
                     [] {});
}

void PipelineSimulation::send_inputs(const SimulatedRequest& request) {
  cover_all();
  const OwnStages& own = setting_.model.own;
  const StageSpec first = setting_.model.stage(own.first, 1, {}, setting_.training.wire);
  const double before = sum_of(std::span(costs_.stages).first(own.first)).forward(rows(request));
  send(kOwner, plan_.places.front(), rows(request) * static_cast<double>(first.input_bytes(1)),
       costs_.inputs(rows(request)) + before, [this, request] { hosts_.front().forward(request); });
}

void PipelineSimulation::send_gradient(const SimulatedRequest& request) {
  cover_all();
  send(kOwner, plan_.places[plan_.stages - 1],
       rows(request) * static_cast<double>(output_bytes_.back()), 0,
       [this, request] { hosts_.back().backward(request); });
}

void PipelineSimulation::forwarded(std::size_t stage, const SimulatedRequest& request) {
  const bool last = stage + 1 == hosts_.size();
  send(plan_.places[stage], last ? kOwner : plan_.places[stage + 1],
       rows(request) * static_cast<double>(output_bytes_[stage]), 0, [this, stage, request, last] {
         last ? owner_.on_logits(request) : hosts_[stage + 1].forward(request);
       });
}

void PipelineSimulation::returned(std::size_t stage, const SimulatedRequest& request) {
  const bool first = stage == 0;
  send(plan_.places[stage], first ? kOwner : plan_.places[stage - 1],
       rows(request) * static_cast<double>(input_gradient_bytes(stage)), 0,
       [this, stage, request, first] {
         first ? owner_.on_backward_done(request) : hosts_[stage - 1].backward(request);
       });
}

}  // namespace mixnn
