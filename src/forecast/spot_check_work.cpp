#include "mixnn/forecast/spot_check_work.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/base/public_size.hpp"
#include "mixnn/crypto/tree_hash.hpp"
#include "mixnn/forecast/calibration_inputs.hpp"
#include "mixnn/forecast/repeated_timing.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {
namespace {

constexpr double kCopyBytesPerSecond = 5e9;  // into memory that no cache holds

// Of all stages: bytes of the states, and of a step's inputs and output gradients.
struct Kept {
  double states = 0, tensors = 0;
  std::size_t most_parameters = 0;
  std::size_t of_parameter = 1;  // floats of state
};

Kept kept_by_hosts(const RunSetting& setting) {
  const TrainingOptions& training = setting.training;
  Kept kept;
  for (std::size_t i = 0; i < setting.model.hosted_stages(); ++i) {
    StageSpec stage = setting.model.stage(setting.model.own.first + i, 1,
                                          training.optimizer_for(setting.model), training.wire);
    stage.stale_epoch = static_cast<std::uint32_t>(training.staleness);  // an epoch of any length
    const std::size_t state = stage.state_count() * sizeof(float);
    kept.of_parameter = stage.state_of_parameter();
    const std::size_t of_step =
        training.batch_size * (stage.input_bytes(1) + stage.output_bytes(1));
    kept.states += static_cast<double>(state);
    kept.tensors += static_cast<double>(of_step);
    kept.most_parameters = std::max(kept.most_parameters, stage.parameter_count());
  }
  return kept;
}

}  // namespace

double spot_check_work(const RunSetting& setting, const Forecast& forecast,
                       double hash_bytes_per_s) {
  const SessionOptions& session = setting.session;
  if (session.spot_checks == 0) return 0;
  const Kept kept = kept_by_hosts(setting);
  const auto window = static_cast<double>(session.window_steps);
  const auto others = static_cast<double>(setting.ranks - 1);
  const double rate = session.spot_checks;
  const double challenged = 1 - std::pow(1 - rate, others);  // windows in which somebody opens
  const double compute = forecast.work[static_cast<std::size_t>(WorkKind::kCompute)];

  const MessageSizes sizes = message_sizes(setting.model, setting.training, session);
  const std::size_t floats = session.stage_bytes > 0 ? session.stage_bytes / sizeof(float)
                                                     : public_size(kept.most_parameters);
  const double state_parts =
      std::ceil(static_cast<double>(kept.of_parameter * floats * sizeof(float)) /
                static_cast<double>(sizes.capacity()));
  const auto micro_batches = static_cast<double>(forecast.micro_batches);
  const double opening = 2 * (state_parts + 2 * micro_batches * window);  // messages, both ways
  const double cells = sum(forecast.work) - compute;
  double traffic = 0;
  if (session.in_rounds()) {  // whoever opens: exchanges of all
    traffic = challenged * opening / 2 / window / static_cast<double>(forecast.exchanges) * cells;
  } else {
    const double of_step =
        2 * micro_batches * static_cast<double>(setting.model.hosted_stages() + 1);
    traffic = rate * others * opening / window / of_step * cells;
  }

  const double hashed = kept.states / window + challenged * (kept.tensors + kept.states / window) +
                        rate * 4 * kept.tensors;
  const double copied = kept.states / window + kept.tensors;
  const double more =
      rate * compute + traffic + hashed / hash_bytes_per_s + copied / kCopyBytesPerSecond;
  return more / sum(forecast.work);
}

double measured_hash_speed() {
  const std::vector<std::byte> bytes = random_bytes(std::size_t{1} << 20);
  TreeHash hash;
  const double seconds = repeated_seconds([&] {
    hash.add(bytes);
    hash.finish();
  });
  return static_cast<double>(bytes.size()) / seconds;
}

}  // namespace mixnn
