#include "mixnn/forecast/automatic.hpp"

#include <algorithm>

#include "mixnn/forecast/forecast.hpp"
#include "mixnn/forecast/reference_costs.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kMostMicroBatches = 64, kReferenceCores = 2, kLeastInFlight = 16,
                      kMostInFlight = 4096;
constexpr double kWorthIt = 0.99;  // of the step with fewer micro-batches

}  // namespace

std::vector<std::size_t> micro_batch_candidates(std::size_t batch_size) {
  std::vector<std::size_t> candidates;
  for (std::size_t m = 1; m <= std::min(batch_size, kMostMicroBatches); m *= 2)
    candidates.push_back(m);
  return candidates;
}

std::size_t choose_micro_batches(const ModelSpec& model, const TrainingOptions& training,
                                 std::size_t hops, std::size_t ranks) {
  RunSetting setting{
      .model = model, .training = training, .session = {}, .ranks = ranks, .machines = {}};
  setting.session.hops = hops;
  setting.session.in_flight = choose_in_flight(hops, ranks);
  setting.machines.cores = kReferenceCores;
  const CostModel costs = reference_costs(model);
  std::size_t best = 1, worse = 0;
  double shortest = 0;
  for (const std::size_t m : micro_batch_candidates(training.batch_size)) {
    setting.training.micro_batches = m;
    const double step = forecast(setting, costs).step_s;
    if (m > 1 && step >= kWorthIt * shortest) {
      if (++worse == 2) break;  // it only gets worse from here
      continue;
    }
    best = m;
    shortest = step;
    worse = 0;
  }
  return best;
}

std::size_t choose_in_flight(std::size_t hops, std::size_t ranks) {
  const std::size_t stages = ranks > 1 + hops ? ranks - 1 - hops : 0;
  return std::clamp(2 * stages, kLeastInFlight, kMostInFlight);
}

}  // namespace mixnn
