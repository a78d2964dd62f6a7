#include "mixnn/app/options/settle.hpp"

#include <algorithm>
#include <bit>
#include <span>

#include "mixnn/app/options/option_text.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/layers/cutting.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/session/run_parameters.hpp"
#include "mixnn/tensor/element_type.hpp"

namespace mixnn {
namespace {

constexpr const char* kOfSgd[] = {"--momentum", "--nesterov"};
constexpr const char* kOfAdam[] = {"--betas", "--eps", "--decay"};
constexpr const char* kOfAll[] = {"--optimizer", "--weight-decay"};
constexpr float kAdamRate = 0.001f;  // if none is given

void refuse(const AppOptions& options, std::span<const char* const> flags, const std::string& why) {
  for (const char* const flag : flags)
    if (options.given.contains(flag)) throw UsageError(flag + why);
}

Optimizer sgd_of(const AppOptions& options) {
  refuse(options, kOfAdam, " is for --optimizer adam and adamw");
  const TrainingOptions& training = options.training;
  if (options.optimizer_options.nesterov && training.momentum == 0)
    throw UsageError("--nesterov needs a --momentum above 0");
  return Sgd{training.momentum, training.weight_decay, options.optimizer_options.nesterov};
}

template <class Kind>
Optimizer adam_of(const AppOptions& options) {
  refuse(options, kOfSgd, " is for --optimizer sgd");
  const OptimizerOptions& own = options.optimizer_options;
  Kind kind;
  kind.settings.beta1 = own.betas.first;
  kind.settings.beta2 = own.betas.second;
  kind.settings.eps = own.eps;
  kind.settings.decay_matrices_only = own.decay_matrices_only;
  if (options.given.contains("--weight-decay"))
    kind.settings.weight_decay = options.training.weight_decay;
  return kind;
}

Optimizer optimizer_of(const AppOptions& options) {
  const OptimizerChoice choice = options.optimizer_options.choice;
  return choice == OptimizerChoice::kAdam    ? adam_of<Adam>(options)
         : choice == OptimizerChoice::kAdamW ? adam_of<AdamW>(options)
                                             : sgd_of(options);
}

// MODEL's own, or that of the options.
void settle_optimizer(AppOptions& options, const ModelSpec& model) {
  if (model.optimizer)
    for (const std::span<const char* const> flags :
         {std::span<const char* const>(kOfSgd), std::span<const char* const>(kOfAdam),
          std::span<const char* const>(kOfAll)})
      refuse(options, flags,
             " is for a MODEL without an optimizer; " + options.model.string() +
                 " names its own, " + optimizer_name(*model.optimizer));
  const Optimizer optimizer = model.optimizer ? *model.optimizer : optimizer_of(options);
  const auto* const sgd = std::get_if<Sgd>(&optimizer);
  if (sgd != nullptr && !sgd->nesterov) {
    options.training.momentum = sgd->momentum;
    options.training.weight_decay = sgd->weight_decay;
    return;
  }
  options.optimizer = options.training.optimizer = optimizer;
  if (sgd == nullptr && !options.given.contains("--lr")) options.training.learning_rate = kAdamRate;
}

void check_rate(const AppOptions& options) {
  const TrainingOptions& training = options.training;
  if (training.min_lr > training.learning_rate)
    throw UsageError("--min-lr must be at most the learning rate of " +
                     shown(training.learning_rate) + ", got " + shown(training.min_lr));
  if (training.lr_decay == LrDecay::kOneCycle && training.warmup > 0)
    throw UsageError("--warmup is for other schedules: --lr-decay one-cycle begins with its own");
  const bool step = training.lr_decay == LrDecay::kStep,
             plateau = training.lr_decay == LrDecay::kPlateau;
  const auto only = [&](bool fits, const char* flag, const char* what) {
    if (!fits && options.given.contains(flag))
      throw UsageError(flag + std::string(" is for --lr-decay ") + what);
  };
  only(step, "--lr-step-epochs", "step");
  only(step || plateau, "--lr-gamma", "step and plateau");
  only(plateau, "--lr-patience", "plateau");
}

// The test set's numbers would not be honest if it decided what is kept.
void check_best(const AppOptions& options) {
  const char* const flag = !options.keep_best.empty() ? "--keep-best"
                           : options.early_stop > 0   ? "--early-stop"
                                                      : nullptr;
  if (flag != nullptr && options.validation == 0)
    throw UsageError(flag + std::string(" goes by the loss of the validation set, and there is "
                                        "none: give --validation, such as 0.1"));
  if (!options.keep_best.empty() && !options.out.empty() &&
      options.keep_best.lexically_normal() ==
          (options.out / "model.safetensors").lexically_normal())
    throw UsageError("--keep-best " + options.keep_best.string() +
                     ": --out writes the last epoch's weights there; give another name");
}

}  // namespace

namespace {

std::string cut_layers(const AppOptions& options, ModelSpec& model) {
  if (!model.cut_open) {
    if (options.given.contains("--stages"))
      throw UsageError("--stages is for a MODEL with \"layers\"; " + options.model.string() +
                       " has \"stages\" of its own");
    return {};
  }
  const auto [layers, input] = open_layers(model);
  const std::size_t most = most_stages(layers, input);
  if (options.stages > most)
    throw UsageError("--stages: " + options.model.string() + " can be cut into at most " +
                     counted(most, "stage") + ", got " + std::to_string(options.stages));
  const std::size_t stages =
      options.stages > 0 ? options.stages : std::clamp<std::size_t>(kUsualStages, 1, most);
  const Cut cut = best_cut(layers, input, stages);
  cut_into(model, cut);
  return cut_text(cut);
}

// Which ends the owner keeps, if that is not left to MODEL.
void settle_own(OwnerEnds ends, ModelSpec& model) {
  if (ends == OwnerEnds::kModel) return;
  const auto kept = [&](OwnerEnds one, std::size_t of_model) {
    return ends == one || ends == OwnerEnds::kBoth ? std::max<std::size_t>(of_model, 1) : 0;
  };
  model.own = {kept(OwnerEnds::kFirst, model.own.first), kept(OwnerEnds::kLast, model.own.last)};
  if (model.tied && (model.own.first == 0 || model.own.last == 0))
    throw UsageError("--owner-ends must be both for this MODEL, whose ends are tied");
  if (model.own.count() >= model.stages.size())
    throw UsageError("--owner-ends leaves no stage to the hosts: MODEL has " +
                     counted(model.stages.size(), "stage"));
}

std::string own_text(const OwnStages& own) {
  std::string text;
  if (own.first > 0) text += "the first " + std::to_string(own.first);
  if (own.last > 0)
    text += (text.empty() ? "" : " and ") + ("the last " + std::to_string(own.last));
  return text.empty() ? "" : text + " at the owner";
}

// Of the candidates, which are powers of two.
std::size_t settled_round_micro_batches(const AppOptions& options, const ModelSpec& model,
                                        std::size_t ranks) {
  const TrainingOptions& training = options.training;
  const std::size_t chosen =
      choose_round_micro_batches(training.batch_size, largest_row_bytes(model, training.wire),
                                 ranks, element_bytes(training.wire), training.staleness > 0);
  if (model.hosted_stages() > 1) return chosen;
  return std::min(chosen,
                  std::bit_floor(most_micro_batches_of_one_host(ranks, options.session.allowance)));
}

}  // namespace

std::string settle_stages(const AppOptions& options, ModelSpec& model) {
  const std::string cut = cut_layers(options, model);
  settle_own(options.owner_ends, model);
  const std::string own = own_text(model.own);
  return cut + (cut.empty() || own.empty() ? "" : "; ") + own;
}

void settle(AppOptions& options, const ModelSpec& model, int ranks) {
  settle_optimizer(options, model);
  check_rate(options);
  check_best(options);
  const std::size_t hops = options.session.hops;
  const std::size_t needed = ranks_needed(options.session, model.hosted_stages());
  const auto given = static_cast<std::size_t>(ranks);
  TrainingOptions& training = options.training;
  const bool rounds = options.session.in_rounds();
  const std::size_t row_bytes = largest_row_bytes(model, training.wire),
                    batch = training.batch_size;
  if (options.automatic.allowance)
    options.session.allowance = choose_allowance(options.session.pace.is_on());
  if (options.automatic.micro_batches)
    training.micro_batches = given < needed ? 1
                             : rounds       ? settled_round_micro_batches(options, model, given)
                                            : choose_micro_batches(batch, row_bytes, hops);
  if (options.automatic.in_flight)
    options.session.in_flight =
        rounds ? choose_round_in_flight(training.micro_batches, given, options.session.allowance)
               : choose_in_flight(hops, given);
}

}  // namespace mixnn
