#include "mixnn/app/options/settle.hpp"

#include <algorithm>

#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/layers/cutting.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {
namespace {

// MODEL names its own.
void take_optimizer(AppOptions& options, const Optimizer& optimizer) {
  if (options.given.contains("--momentum") || options.given.contains("--weight-decay"))
    throw UsageError("--momentum and --weight-decay are for a MODEL without an optimizer; " +
                     options.model.string() + " names its own, " + optimizer_name(optimizer));
  if (const auto* const sgd = std::get_if<Sgd>(&optimizer)) {
    options.training.momentum = sgd->momentum;
    options.training.weight_decay = sgd->weight_decay;
  } else {
    options.optimizer = optimizer;
  }
}

}  // namespace

std::string settle_stages(const AppOptions& options, ModelSpec& model) {
  if (!model.cut_open) {
    if (options.given.contains("--stages"))
      throw UsageError("--stages is for a MODEL with \"layers\"; " + options.model.string() +
                       " has \"stages\" of its own");
    return {};
  }
  const std::size_t most = most_stages(model.stages.front(), model.input_shape);
  if (options.stages > most)
    throw UsageError("--stages: " + options.model.string() + " can be cut into at most " +
                     counted(most, "stage") + ", got " + std::to_string(options.stages));
  const std::size_t stages =
      options.stages > 0 ? options.stages : std::clamp<std::size_t>(kUsualStages, 1, most);
  const Cut cut = best_cut(model.stages.front(), model.input_shape, stages);
  cut_into(model, cut);
  return cut_text(cut);
}

void settle(AppOptions& options, const ModelSpec& model, int ranks) {
  if (model.optimizer) take_optimizer(options, *model.optimizer);
  const std::size_t hops = options.session.hops, needed = 1 + model.stages.size() + hops;
  const auto given = static_cast<std::size_t>(ranks);
  TrainingOptions& training = options.training;
  if (options.automatic.micro_batches)
    training.micro_batches =
        given < needed ? 1
                       : choose_micro_batches(training.batch_size,
                                              largest_row_bytes(model, training.wire), hops);
  if (options.automatic.in_flight) options.session.in_flight = choose_in_flight(hops, given);
}

}  // namespace mixnn
