#include "mixnn/app/options/checkpoint_options.hpp"

#include <algorithm>

#include "mixnn/app/options/option_table.hpp"

namespace mixnn {
namespace {

const Choice<ResumeMode> kResumeModes{{{ResumeMode::kAuto, "auto"},
                                       {ResumeMode::kNever, "never"},
                                       {ResumeMode::kMust, "must"},
                                       {ResumeMode::kOlder, "older"}}};

// 10m, 1e or 100b: minutes, epochs, batches.
struct IntervalText {
  using Interval = CheckpointOptions::Interval;
  static constexpr std::pair<Interval::Unit, char> kUnits[] = {{Interval::Unit::kMinutes, 'm'},
                                                               {Interval::Unit::kEpochs, 'e'},
                                                               {Interval::Unit::kBatches, 'b'}};

  std::string takes() const { return "N(m|e|b)"; }
  Interval read(const OptionText& option) const {
    const std::string count =
        option.text.substr(0, std::max<std::size_t>(option.text.size(), 1) - 1);
    for (const auto& [unit, letter] : kUnits)
      if (!count.empty() && option.text.back() == letter)
        return {unit, whole_number({option.name, count}, 1, 1'000'000)};
    reject(option, "minutes, epochs or batches, such as 10m, 1e or 500b");
  }
  std::string print(const Interval& interval) const {
    for (const auto& [unit, letter] : kUnits)
      if (unit == interval.unit) return std::to_string(interval.count) + letter;
    return "unknown";
  }
  Json json(const Interval& interval) const { return print(interval); }
};

}  // namespace

std::vector<OptionRow> checkpoint_options() {
  return {
      {.flag = "--checkpoint",
       .help = "Folder where a training is saved, shared",
       .sets = kForCheckpoints | kForSaved,
       .value = value_of(
           Path{"DIR"}, [](auto& o) -> auto& { return o.checkpoint.folder; }),
       .unset = "none"},
      {.flag = "--checkpoint-every",
       .help = "Minutes, epochs or batches: 5m, 1e, 50b",
       .sets = kForCheckpoints,
       .value = value_of(
           IntervalText{}, [](auto& o) -> auto& { return o.checkpoint.every; })},
      {.flag = "--checkpoint-key",
       .help = "Opens them; made by the first run",
       .sets = kForCheckpoints | kForSaved,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.checkpoint.key; }),
       .unset = "~/.local/state"},
      {.flag = "--keep",
       .help = "Checkpoints to keep",
       .sets = kForCheckpoints,
       .value = value_of(
           Whole{1, 1000}, [](auto& o) -> auto& { return o.checkpoint.keep; })},
      {.flag = "--resume",
       .help = "never: anew; older: not the last one",
       .sets = kForCheckpoints,
       .value = value_of(
           kResumeModes, [](auto& o) -> auto& { return o.checkpoint.resume; })},
  };
}

}  // namespace mixnn
