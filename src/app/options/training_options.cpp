#include "mixnn/app/options/training_options.hpp"

#include <limits>

#include "mixnn/app/options/option_table.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kAnySeed = std::numeric_limits<std::uint64_t>::max();

const Choice<LrDecay> kLrDecays{{{LrDecay::kLinear, "linear"}, {LrDecay::kNone, "none"}}};
const Choice<ElementType> kWireTypes{
    {{ElementType::kFloat32, "float32"}, {ElementType::kBfloat16, "bfloat16"}}};

bool is_sgd(const AppOptions& options) { return !options.optimizer; }

}  // namespace

std::vector<OptionRow> training_options() {
  return {
      {.flag = "--epochs",
       .help = "Passes over the training set",
       .sets = kForTraining,
       .value = value_of(
           Whole{1, 1'000'000}, [](auto& o) -> auto& { return o.training.epochs; }),
       .bits =
           DecidesBits{
               .now = [](const AppOptions& o) { return o.training.lr_decay != LrDecay::kNone; },
               .hint = "(the learning rate falls over all epochs; with --lr-decay "
                       "none their number may change)"},
       .heading = {"training",
                   [](const AppOptions& o) { return counted(o.training.epochs, "epoch"); }},
       .report = "epochs"},
      {.flag = "--batch-size",
       .help = "Samples of one update",
       .sets = kForTraining | kForForecast,
       .value = value_of(
           Whole{1, 1 << 20}, [](auto& o) -> auto& { return o.training.batch_size; }),
       .takes = "B",
       .bits = DecidesBits{},
       .heading = {"training",
                   [](const AppOptions& o) { return "batch " + printed("--batch-size", o); }},
       .report = "batch_size"},
      {.flag = "--micro-batches",
       .help = "Parts of a batch, 1 to B",
       .sets = kForTraining | kForForecast,
       .value = value_of(
           Whole{1, 1024}, [](auto& o) -> auto& { return o.training.micro_batches; }),
       .takes = "M|auto",
       .open = left_open(
           "auto", [](auto& o) -> auto& { return o.automatic.micro_batches; }),
       .bits = DecidesBits{},
       .heading = {"training",
                   [](const AppOptions& o) {
                     return " in " + counted(o.training.micro_batches, "micro-batch", "es") +
                            (o.automatic.micro_batches ? " (auto)" : "");
                   }},
       .report = "micro_batches"},
      {.flag = "--lr",
       .help = "Learning rate, above 0",
       .sets = kForTraining,
       .value = value_of(
           Real{0, 1e30, true}, [](auto& o) -> auto& { return o.training.learning_rate; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine, [](const AppOptions& o) { return "lr " + printed("--lr", o); }},
       .report = "learning_rate"},
      {.flag = "--lr-decay",
       .help = "Learning rate falls to almost 0, or stays",
       .sets = kForTraining,
       .value = value_of(
           kLrDecays, [](auto& o) -> auto& { return o.training.lr_decay; }),
       .bits = DecidesBits{},
       .heading = {kOptimizerLine,
                   [](const AppOptions& o) { return " (decay " + printed("--lr-decay", o) + ")"; }},
       .report = "lr_decay"},
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
       .help = "L2 penalty, 0 or more",
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
      {.flag = "--wire-dtype",
       .help = "Type of activations and gradients sent",
       .sets = kForTraining | kForForecast,
       .value = value_of(
           kWireTypes, [](auto& o) -> auto& { return o.training.wire; }),
       .bits = DecidesBits{},
       .heading = {"training",  // floats are what one expects
                   [](const AppOptions& o) {
                     return o.training.wire == ElementType::kFloat32
                                ? std::string()
                                : printed("--wire-dtype", o) + " between stages";
                   }},
       .report = "wire_dtype"},
      {.flag = "--seed",
       .help = "Of initialization and shuffling; recorded",
       .sets = kForTraining,
       .value = value_of(
           Whole{0, kAnySeed}, [](auto& o) -> auto& { return o.training.seed; }),
       .open = left_open(
           "random", [](auto& o) -> auto& { return o.automatic.seed; }),
       .bits = DecidesBits{},
       .heading = {"seed", [](const AppOptions& o) { return printed("--seed", o); }},
       .report = "seed"},
  };
}

}  // namespace mixnn
