#include "mixnn/forecast/forecast.hpp"

#include <algorithm>

#include "mixnn/base/check.hpp"
#include "mixnn/data/batching.hpp"
#include "mixnn/forecast/pipeline_simulation.hpp"
#include "mixnn/forecast/rounds/round_simulation.hpp"
#include "mixnn/session/round_period.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kWarmUpSteps = 4, kLastSteps = 2, kLeastSteps = 8, kMostSteps = 32;
constexpr double kTasksWanted = 60'000;
constexpr std::size_t kRoundPatterns = 3;  // the first does not count

// Few steps where each is long to simulate, and always those at both ends that do not count.
std::size_t steps_to_run(const RunSetting& setting) {
  const std::size_t cells = message_sizes(setting.model, setting.training, setting.session).cells;
  const std::size_t pieces = std::min(cells, SimulatedMessages::kMostPieces);
  const std::size_t m =
      micro_batch_rows(setting.training.batch_size, setting.training.micro_batches).size();
  const auto tasks = static_cast<double>(2 * m * (setting.model.hosted_stages() + 1) * pieces *
                                         (setting.session.hops + 2));
  return kWarmUpSteps + kLastSteps +
         std::clamp(static_cast<std::size_t>(kTasksWanted / tasks), kLeastSteps, kMostSteps);
}

double step_seconds(const std::vector<double>& ended) {
  const std::size_t first = kWarmUpSteps - 1, last = ended.size() - 1 - kLastSteps;
  return (ended[last] - ended[first]) / static_cast<double>(last - first);
}

// Cores on which the ranks and their helpers can work at all.
double useful_cores(std::size_t ranks, const Machines& machines) {
  double cores = 0;
  for (const std::vector<std::size_t>& here : machines.ranks_by_host(ranks))
    cores += static_cast<double>(
        std::min(here.size() * (1 + machines.helpers_of(here.size())), machines.cores));
  return cores;
}

// The numbers that follow from step_s and work.
void fill_in_bounds(const RunSetting& setting, double busiest, Forecast& forecast) {
  const double cores = useful_cores(setting.ranks, setting.machines);
  const bool alone = setting.machines.helpers_of(setting.ranks / setting.machines.hosts) == 0;
  forecast.cores_s = std::max(sum(forecast.work) / cores, alone ? busiest : 0);
  forecast.bubble = std::max(0.0, 1 - sum(forecast.work) / (cores * forecast.step_s));
}

template <class Simulation>
const std::vector<double>& run(Simulation& simulation, std::size_t steps) {
  simulation.run();
  MIXNN_CHECK(simulation.ended().size() == steps, "a simulated run comes to its end");
  return simulation.ended();
}

Nanoseconds nanoseconds(double seconds) {
  return std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(seconds));
}

double seconds_of_step(RoundSimulation& simulation) {
  const std::vector<double>& ended = run(simulation, kRoundPatterns);
  return (ended.back() - ended.front()) /
         static_cast<double>((kRoundPatterns - 1) * simulation.steps_of_pattern());
}

double exchanges_of_step(const RoundSimulation& simulation) {
  return static_cast<double>(simulation.exchanges_of_all()) /
         static_cast<double>(simulation.steps());
}

CostModel without_stages(CostModel costs) {
  for (StageCosts& stage : costs.stages) stage = {};
  costs.inputs = costs.loss = {};
  return costs;
}

// Processors that take no time at all: what is left are links.
CostModel no_costs(const ModelSpec& model) {
  CostModel none;
  none.stages.resize(model.stages.size());
  return none;
}

// As settle_pace does: by rounds in which nobody computes, and the work of the largest stage.
Nanoseconds settled_period(const RunSetting& setting, const CostModel& costs) {
  const CostModel idle = without_stages(costs);
  RoundSimulation simulation(setting, idle, kRoundPatterns);
  const std::size_t rounds = setting.session.hops + 1;
  const double round =
      seconds_of_step(simulation) / exchanges_of_step(simulation) / static_cast<double>(rounds);
  const double rows = static_cast<double>(
      micro_batch_rows(setting.training.batch_size, setting.training.micro_batches).front());
  double work = 0;
  for (std::size_t i = 0; i < setting.model.hosted_stages(); ++i) {
    const StageCosts& stage = costs.stages[setting.model.own.first + i];
    work = std::max(work, stage.forward(rows) + stage.input_gradient(rows) +
                              stage.accumulate(rows) + stage.update);
  }
  return period_for(nanoseconds(round), coarse_work(nanoseconds(work)), rounds);
}

Nanoseconds period_of(const RunSetting& setting, const CostModel& costs) {
  const RoundPace& pace = setting.session.pace;
  if (!pace.is_on()) return Nanoseconds{0};
  return pace.automatic ? settled_period(setting, costs) : pace.period;
}

template <class Simulation>
Forecast forecast_of(const RunSetting& setting, const CostModel& costs,
                     const Simulation& simulation, double step_s) {
  const auto all = static_cast<double>(simulation.steps());
  double busiest = 0;
  for (std::size_t rank = 0; rank < setting.ranks; ++rank)
    busiest = std::max(busiest, simulation.busy(rank) / all);
  Forecast result;
  result.micro_batches = simulation.micro_batches();
  result.cell_bytes = simulation.sizes().cell_bytes;
  result.cells_per_message = simulation.sizes().cells;
  result.step_s = step_s;
  for (std::size_t kind = 0; kind < kWorkKinds; ++kind)
    result.work[kind] = simulation.work()[kind] / all;
  fill_in_bounds(setting, busiest, result);
  result.cells = simulation.cells() / all;
  result.bytes_on_wire = result.cells * static_cast<double>(result.cell_bytes);
  result.baseline_s = costs.baseline(static_cast<double>(setting.training.batch_size));
  result.slowdown = result.baseline_s > 0 ? result.step_s / result.baseline_s : 0;
  return result;
}

// The step of one micro-batch, with which all others could be under way.
double chain_of_onions(const RunSetting& setting, const CostModel& none) {
  RunSetting one = setting;
  one.training.batch_size =
      micro_batch_rows(setting.training.batch_size, setting.training.micro_batches).front();
  one.training.micro_batches = 1;
  one.training.staleness = 0;
  const std::size_t steps = steps_to_run(one);
  PipelineSimulation simulation(one, none, steps);
  return step_seconds(run(simulation, steps)) / static_cast<double>(1 + setting.training.staleness);
}

Forecast forecast_of_rounds(const RunSetting& setting, const CostModel& costs) {
  const Nanoseconds period = period_of(setting, costs);
  RoundSimulation simulation(setting, costs, kRoundPatterns);
  const double step_s = seconds_of_step(simulation);
  const double by_the_clock = exchanges_of_step(simulation) *
                              static_cast<double>(setting.session.hops + 1) * seconds(period);
  Forecast result = forecast_of(setting, costs, simulation, std::max(step_s, by_the_clock));
  result.period = period;
  result.exchanges = simulation.exchanges();
  return result;
}

Forecast forecast_of_onions(const RunSetting& setting, const CostModel& costs) {
  const std::size_t steps = steps_to_run(setting);
  PipelineSimulation simulation(setting, costs, steps);
  const double step_s = step_seconds(run(simulation, steps));
  return forecast_of(setting, costs, simulation, step_s);
}

}  // namespace

LinkBounds link_bounds(const RunSetting& setting) {
  LinkBounds bounds;
  if (setting.machines.hosts == 1) return bounds;
  const CostModel none = no_costs(setting.model);
  if (setting.session.in_rounds()) {  // nothing comes earlier than the exchanges let it
    RoundSimulation simulation(setting, none, kRoundPatterns);
    bounds.chain = bounds.schedule = seconds_of_step(simulation);
    bounds.busiest = simulation.busiest_link() / static_cast<double>(simulation.steps());
    bounds.bytes = simulation.link_bytes() / static_cast<double>(simulation.steps());
  } else {
    const std::size_t steps = steps_to_run(setting);
    PipelineSimulation simulation(setting, none, steps);
    bounds.schedule = step_seconds(run(simulation, steps));
    bounds.chain = chain_of_onions(setting, none);
    bounds.busiest = simulation.busiest_link() / static_cast<double>(steps);
    bounds.bytes = simulation.link_bytes() / static_cast<double>(steps);
  }
  return bounds;
}

Forecast forecast(const RunSetting& setting, const CostModel& costs) {
  MIXNN_CHECK(costs.stages.size() == setting.model.stages.size(),
              "the costs are those of the model");
  Forecast result = setting.session.in_rounds() ? forecast_of_rounds(setting, costs)
                                                : forecast_of_onions(setting, costs);
  result.links_s = link_bounds(setting);
  return result;
}

}  // namespace mixnn
