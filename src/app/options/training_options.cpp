#include "mixnn/app/options/training_options.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "mixnn/app/options/optimizer_options.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kAnySeed = std::numeric_limits<std::uint64_t>::max();

const Choice<ElementType> kWireTypes{{{ElementType::kFloat32, "float32"},
                                      {ElementType::kBfloat16, "bfloat16"},
                                      {ElementType::kInt8, "int8"}}};

const Choice<OwnerEnds> kOwnerEnds{{{OwnerEnds::kModel, "model"},
                                    {OwnerEnds::kNone, "none"},
                                    {OwnerEnds::kFirst, "first"},
                                    {OwnerEnds::kLast, "last"},
                                    {OwnerEnds::kBoth, "both"}}};

bool falls_over_all_epochs(const AppOptions& options) {
  const LrDecay decay = options.training.lr_decay;
  return decay != LrDecay::kNone && decay != LrDecay::kStep && decay != LrDecay::kPlateau;
}

}  // namespace

namespace {

std::vector<OptionRow> size_options() {
  return {
      {.flag = "--epochs",
       .help = "Passes over the training set",
       .sets = kForTraining,
       .value = value_of(
           Whole{1, 1'000'000}, [](auto& o) -> auto& { return o.training.epochs; }),
       .bits = DecidesBits{.now = falls_over_all_epochs,
                           .hint = "(the learning rate falls over all epochs; with --lr-decay "
                                   "none their number may change)"},
       .heading = {"training",
                   [](const AppOptions& o) { return counted(o.training.epochs, "epoch"); }},
       .report = "epochs"},
      {.flag = "--early-stop",
       .help = "End after N epochs without a better one",
       .sets = kForBest,
       .value = value_of(
           Whole{1, 1'000'000, "never"}, [](auto& o) -> auto& { return o.early_stop; }),
       .takes = "N",
       .heading = {"training",
                   [](const AppOptions& o) {
                     return o.early_stop == 0
                                ? std::string()
                                : "at most: it ends after " + counted(o.early_stop, "epoch") +
                                      " without a better one";
                   }},
       .report = "early_stop",
       .applies = [](const AppOptions& o) { return o.early_stop > 0; }},
      {.flag = "--batch-size",
       .help = "Samples of one update",
       .sets = kForTraining | kForForecast | kForSamples,
       .value = value_of(
           Whole{1, 1 << 20}, [](auto& o) -> auto& { return o.training.batch_size; }),
       .takes = "B",
       .bits = DecidesBits{},
       .heading = {"training",
                   [](const AppOptions& o) { return "batch " + printed("--batch-size", o); }},
       .report = "batch_size"},
      {.flag = "--micro-batches",
       .help = "Parts of a batch, 1 to B",
       .sets = kForTraining | kForForecast | kForSamples,
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
      {.flag = "--stages",
       .help = "Cut the layers of a MODEL without stages",
       .sets = kForTraining | kForTrained | kForForecast,
       .value = value_of(
           Whole{1, 1024, "auto"}, [](auto& o) -> auto& { return o.stages; })},
      {.flag = "--owner-ends",
       .help = "Ends of the network that the owner keeps",
       .sets = kForTraining | kForTrained | kForForecast,
       .value = value_of(
           kOwnerEnds, [](auto& o) -> auto& { return o.owner_ends; })},
  };
}

std::vector<OptionRow> other_options() {
  return {
      {.flag = "--wire-dtype",
       .help = "Type of activations and gradients sent",
       .sets = kForTraining | kForForecast | kForTrained,
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
       .sets = kForTraining | kForGeneration,
       .value = value_of(
           Whole{0, kAnySeed}, [](auto& o) -> auto& { return o.training.seed; }),
       .open = left_open(
           "random", [](auto& o) -> auto& { return o.automatic.seed; }),
       .bits = DecidesBits{},
       .heading = {"seed", [](const AppOptions& o) { return printed("--seed", o); }},
       .report = "seed"},
  };
}

}  // namespace

std::vector<OptionRow> training_options() {
  std::vector<OptionRow> rows;
  for (const auto part : {size_options, rate_options, optimizer_options, other_options})
    std::ranges::move(part(), std::back_inserter(rows));
  return rows;
}

}  // namespace mixnn
