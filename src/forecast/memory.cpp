#include "mixnn/forecast/memory.hpp"

#include <algorithm>
#include <numeric>

#include "mixnn/layers/stage.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {
namespace {

// Resident, of a relay of a small model: Debian 12, Open MPI 4.1, x86-64.
constexpr std::size_t kProgramBytes = 32'000'000;
// Messages beside those that are counted, as measured.
constexpr std::size_t kFewMessages = 6;

// In rounds: texts and zeros of both draws, and of the crossover.
constexpr std::size_t kTextsOfRounds = 8;

// A copy of the state, and what comes in a window: whole messages, or half of one at least is used.
std::size_t kept_by_host(const StageSpec& stage, const TrainingOptions& training, std::size_t steps,
                         std::size_t message) {
  const std::size_t rows = training.max_rows();
  const auto at_most = [&](std::size_t bytes) { return std::min(message, 2 * bytes); };
  return stage.state_count() * sizeof(float) +
         steps * training.micro_batches *
             (at_most(stage.input_bytes(rows)) + at_most(stage.output_bytes(rows)));
}

// What goes to hosts from the owner's own stages, and comes back, of a window's steps.
std::size_t kept_by_owner(const RunSetting& setting) {
  const ModelSpec& model = setting.model;
  const ElementType wire = setting.training.wire;
  std::size_t row = 0;
  if (model.own.first > 0) row += 2 * model.stage(model.own.first, 1, {}, wire).input_bytes(1);
  if (model.own.last > 0)
    row += 2 * model.stage(model.stages.size() - model.own.last, 1, {}, wire).input_bytes(1);
  return setting.session.window_steps * setting.training.batch_size * row;
}

// A stage that the owner computes itself: with each pass go its inputs and the gradient of its
// outputs. Its parameters are there twice, once they are gathered.
void add_own(const Stage& stage, std::size_t held, RankMemory& owner) {
  const auto rows = static_cast<std::size_t>(stage.spec().max_rows);
  owner.parameters += stage.parameter_bytes();
  owner.optimizer += stage.optimizer_bytes();
  owner.passes += held * (stage.pass_bytes() + stage.spec().input_bytes(rows) +
                          stage.spec().output_bytes(rows)) +
                  stage.scratch_bytes();
}

}  // namespace

std::size_t RankMemory::sum() const {
  return program + parameters + optimizer + passes + window + messages + pool;
}

std::size_t MemoryForecast::sum() const {
  return std::accumulate(stages.begin(), stages.end(), owner.sum() + relays * relay.sum(),
                         [](std::size_t all, const RankMemory& rank) { return all + rank.sum(); });
}

MemoryForecast memory_forecast(const RunSetting& setting) {
  const TrainingOptions& training = setting.training;
  const MessageSizes sizes = message_sizes(setting.model, training, setting.session);
  const auto ranks = static_cast<int>(setting.ranks);
  // Of each step under way.
  const std::size_t held =
      (1 + training.staleness) * std::min(training.micro_batches, setting.session.in_flight);
  const std::size_t message = sizes.capacity();
  MemoryForecast all;
  all.relay.program = kProgramBytes;
  // What all ranks are sent at the start, as many parts as may be under way, and books; in rounds
  // one part in each exchange.
  const bool rounds = setting.session.in_rounds();
  const std::size_t sent_to_all =
      rounds ? kFewMessages + kTextsOfRounds : setting.session.in_flight + kBooksUnderWay;
  all.relay.messages = sent_to_all * message;
  all.relay.pool = sizes.cell_bytes * pool_cells(sizes, setting.session, ranks);
  all.relays = setting.ranks - 1 - setting.model.hosted_stages();
  all.owner = all.relay;
  all.owner.messages = (held + kFewMessages + (rounds ? kTextsOfRounds : 0)) * message;
  const OwnStages& own = setting.model.own;
  for (std::size_t i = 0; i < setting.model.stages.size(); ++i) {
    StageSpec spec = setting.model.stage(i, static_cast<std::int64_t>(training.max_rows()),
                                         training.optimizer_for(setting.model), training.wire);
    spec.stale_epoch = static_cast<std::uint32_t>(training.staleness);  // an epoch of any length
    const Stage stage(spec);
    all.owner.parameters += stage.parameter_count() * sizeof(float);
    if (i < own.first || i >= own.first + setting.model.hosted_stages()) {
      add_own(stage, held, all.owner);
      continue;
    }
    RankMemory& host = all.stages.emplace_back(all.relay);
    host.parameters = stage.parameter_bytes();
    host.optimizer = stage.optimizer_bytes();
    host.passes = held * stage.pass_bytes() + stage.scratch_bytes();
    // Inputs, and gradients of outputs.
    const std::size_t at_host = 2 * held + kFewMessages + (rounds ? kTextsOfRounds : 0);
    host.messages = std::max(at_host, sent_to_all) * message;
    if (setting.session.spot_checks > 0) {
      host.passes += held * stage.beside_bytes();
      host.window = kept_by_host(stage.spec(), training, setting.session.window_steps, message);
    }
    // What a host opens comes in whole messages; the stage computes it again.
    const std::size_t opened = 2 * setting.session.window_steps * training.micro_batches * message;
    const std::size_t again = 2 * host.parameters + 2 * host.optimizer + stage.pass_bytes();
    if (setting.session.spot_checks > 0)
      all.owner.window = std::max(all.owner.window, opened + again);
  }
  if (setting.session.spot_checks > 0) all.owner.window += kept_by_owner(setting);
  return all;
}

}  // namespace mixnn
