#include "mixnn/app/options/optimizer_options.hpp"

#include "mixnn/app/options/option_table.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

const Choice<LrDecay> kLrDecays{{{LrDecay::kLinear, "linear"},
                                 {LrDecay::kNone, "none"},
                                 {LrDecay::kStep, "step"},
                                 {LrDecay::kCosine, "cosine"},
                                 {LrDecay::kOneCycle, "one-cycle"},
                                 {LrDecay::kPlateau, "plateau"}}};
const Choice<OptimizerChoice> kOptimizers{{{OptimizerChoice::kSgd, "sgd"},
                                           {OptimizerChoice::kAdam, "adam"},
                                           {OptimizerChoice::kAdamW, "adamw"}}};
const Choice<bool> kDecayed{{{false, "all"}, {true, "matrices"}}};

bool is_sgd(const AppOptions& options) { return !options.optimizer; }
bool warms_up(const AppOptions& options) { return options.training.warmup > 0; }
bool has_least_rate(const AppOptions& options) { return options.training.min_lr > 0; }
bool clips(const AppOptions& options) { return options.training.clip_norm > 0; }
bool is_stale(const AppOptions& options) { return options.training.staleness > 0; }
// As docs/model.md has measured it.
std::string staleness_note(const AppOptions& options) {
  return is_sgd(options) && options.training.momentum > 0 ? " (momentum loses accuracy with it)"
                                                          : "";
}
bool falls_on_plateau(const AppOptions& options) {
  return options.training.lr_decay == LrDecay::kPlateau;
}
bool falls_in_steps(const AppOptions& options) {
  return options.training.lr_decay == LrDecay::kStep;
}

}  // namespace

std::vector<OptionRow> rate_options() {
  return {
      {.flag = "--lr",
       .help = "Learning rate; of adam and adamw 0.001",
       .sets = kForTraining,
       .value = value_of(
           Real{0, 1e30, true}, [](auto& o) -> auto& { return o.training.learning_rate; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine, [](const AppOptions& o) { return "lr " + printed("--lr", o); }},
       .report = "learning_rate"},
      {.flag = "--lr-decay",
       .help = "How the learning rate falls, or stays",
       .sets = kForTraining,
       .value = value_of(
           kLrDecays, [](auto& o) -> auto& { return o.training.lr_decay; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine,
                   [](const AppOptions& o) { return " (decay " + printed("--lr-decay", o) + ")"; }},
       .report = "lr_decay"},
      {.flag = "--warmup",
       .help = "Updates in which the learning rate rises first",
       .sets = kForTraining,
       .value = value_of(
           Whole{0, 1'000'000'000}, [](auto& o) -> auto& { return o.training.warmup; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine,
                   [](const AppOptions& o) {
                     return "warm-up " + counted(o.training.warmup, "update");
                   }},
       .report = "warmup",
       .applies = warms_up},
      {.flag = "--min-lr",
       .help = "The learning rate does not fall below it",
       .sets = kForTraining,
       .value = value_of(
           Real{0, 1e30}, [](auto& o) -> auto& { return o.training.min_lr; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine,
                   [](const AppOptions& o) { return "at least " + printed("--min-lr", o); }},
       .report = "min_lr",
       .applies = has_least_rate},
      {.flag = "--lr-step-epochs",
       .help = "Epochs between the steps of --lr-decay step",
       .sets = kForTraining,
       .value = value_of(
           Whole{1, 1'000'000}, [](auto& o) -> auto& { return o.training.lr_step_epochs; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine,
                   [](const AppOptions& o) {
                     return "times " + printed("--lr-gamma", o) + " every " +
                            counted(o.training.lr_step_epochs, "epoch");
                   }},
       .report = "lr_step_epochs",
       .applies = falls_in_steps},
      {.flag = "--lr-gamma",
       .help = "Factor of a step of --lr-decay step, plateau",
       .sets = kForTraining,
       .value = value_of(
           Real{0, 1, true}, [](auto& o) -> auto& { return o.training.lr_gamma; }),
       .bits = DecidesBits{},
       .report = "lr_gamma",
       .applies = [](const AppOptions& o) { return falls_in_steps(o) || falls_on_plateau(o); }},
      {.flag = "--lr-patience",
       .help = "Epochs that --lr-decay plateau waits for",
       .sets = kForTraining,
       .value = value_of(
           Whole{0, 1'000'000}, [](auto& o) -> auto& { return o.training.lr_patience; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine,
                   [](const AppOptions& o) {
                     return "times " + printed("--lr-gamma", o) + " after more than " +
                            counted(o.training.lr_patience, "epoch") + " without progress";
                   }},
       .report = "lr_patience",
       .applies = falls_on_plateau},
  };
}

// Of a MODEL that names none. What settle() makes of them is shown, recorded and compared as one.
std::vector<OptionRow> optimizer_options() {
  return {
      {.flag = "--clip-norm",
       .help = "Norm of the gradient, at most; 0: any",
       .sets = kForTraining,
       .value = value_of(
           Real{0, 1e30}, [](auto& o) -> auto& { return o.training.clip_norm; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine,
                   [](const AppOptions& o) {
                     return "clipped to norm " + printed("--clip-norm", o);
                   }},
       .report = "clip_norm",
       .applies = clips},
      {.flag = "--staleness",
       .help = "1: steps overlap; it costs accuracy, see docs",
       .sets = kForTraining | kForForecast,
       .value = value_of(
           Whole{0, 1}, [](auto& o) -> auto& { return o.training.staleness; }),
       .bits = DecidesBits{},
       .heading = {"training",
                   [](const AppOptions& o) {
                     return "staleness " + printed("--staleness", o) + staleness_note(o);
                   }},
       .report = "staleness",
       .applies = is_stale},
      {.flag = "--optimizer",
       .help = "For a MODEL that names none",
       .sets = kForTraining | kForForecast,
       .value = value_of(
           kOptimizers, [](auto& o) -> auto& { return o.optimizer_options.choice; })},
      {.flag = "--momentum",
       .help = "Momentum of SGD, 0 to below 1",
       .sets = kForTraining,
       .value = value_of(
           Real{0, 1}, [](auto& o) -> auto& { return o.training.momentum; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine,
                   [](const AppOptions& o) { return "momentum " + printed("--momentum", o); }},
       .report = "momentum",
       .applies = is_sgd},
      {.flag = "--weight-decay",
       .help = "Weight decay, 0 or more; 0.01 of adamw",
       .sets = kForTraining,
       .value = value_of(
           Real{0, 1e30}, [](auto& o) -> auto& { return o.training.weight_decay; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine,
                   [](const AppOptions& o) {
                     return "weight decay " + printed("--weight-decay", o);
                   }},
       .report = "weight_decay",
       .applies = is_sgd},
      {.flag = "--nesterov",
       .help = "Nesterov's momentum of SGD",
       .sets = kForTraining,
       .value = value_of(
           Flag{}, [](auto& o) -> auto& { return o.optimizer_options.nesterov; })},
      {.flag = "--betas",
       .help = "Of adam and adamw",
       .sets = kForTraining,
       .value = value_of(
           TwoReals{0, 1}, [](auto& o) -> auto& { return o.optimizer_options.betas; })},
      {.flag = "--eps",
       .help = "Of adam and adamw",
       .sets = kForTraining,
       .value = value_of(
           Real{0, 1e30}, [](auto& o) -> auto& { return o.optimizer_options.eps; })},
      {.flag = "--decay",
       .help = "Parameters that adam and adamw decay",
       .sets = kForTraining,
       .value = value_of(
           kDecayed, [](auto& o) -> auto& { return o.optimizer_options.decay_matrices_only; })},
  };
}

}  // namespace mixnn
