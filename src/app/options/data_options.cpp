#include "mixnn/app/options/data_options.hpp"

#include <algorithm>
#include <string_view>

#include "mixnn/app/options/option_table.hpp"
#include "mixnn/data/data_folder.hpp"

namespace mixnn {
namespace {

constexpr std::uint64_t kMostSamples = 1'000'000'000;

// Empty: found by what is in the folder.
Choice<std::string> data_formats() {
  static const std::vector<std::string> names = data_format_names();
  Choice<std::string> formats{{{"", "auto"}}};
  for (const std::string& name : names) formats.names.emplace_back(name, name.c_str());
  return formats;
}

const Choice<Augmentation> kAugmentations{{{{}, "none"},
                                           {{.crop = true}, "crop"},
                                           {{.flip = true}, "flip"},
                                           {{.crop = true, .flip = true}, "crop,flip"}}};

// "none", "train", or means and deviations: M,M,.../S,S,...
struct Normalizing {
  static constexpr const char* kForms =
      "none, train, or means and deviations such as 0.5,0.4/0.2,0.3";
  std::string takes() const { return "none|train|M,.../S,..."; }
  Normalize read(const OptionText& option) const;
  std::string print(const Normalize& value) const;
  Json json(const Normalize& value) const { return print(value); }
};

std::vector<float> numbers_of(const OptionText& option, std::string_view text, double least) {
  std::vector<float> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const OptionText one{option.name, std::string(text.substr(at, end - at))};
    numbers.push_back(static_cast<float>(real_number(one, least, 1e30, least == 0)));
    at = end + 1;
  }
  return numbers;
}

Normalize Normalizing::read(const OptionText& option) const {
  if (option.text == "none") return {};
  if (option.text == "train") return {Normalize::How::kComputed, {}};
  const std::string_view text = option.text;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) reject(option, kForms);
  Normalize given{Normalize::How::kGiven,
                  {numbers_of(option, text.substr(0, slash), -1e30),
                   numbers_of(option, text.substr(slash + 1), 0)}};
  if (given.by.mean.size() != given.by.deviation.size()) reject(option, kForms);
  return given;
}

std::string joined(const std::vector<float>& numbers) {
  std::string text;
  for (const float number : numbers) {
    if (!text.empty()) text += ',';
    text += shown(number);
  }
  return text;
}

std::string Normalizing::print(const Normalize& value) const {
  if (value.how == Normalize::How::kNone) return "none";
  if (value.how == Normalize::How::kComputed) return "train";
  std::string text = joined(value.by.mean);
  text += '/';
  text += joined(value.by.deviation);
  return text;
}

}  // namespace

std::vector<OptionRow> data_options() {
  return {
      {.flag = "--data",
       .help = "Folder of the data set (docs/data.md)",
       .sets = kForTraining | kForTrained | kForForecast,
       .value = value_of(
           Path{"DIR"}, [](auto& o) -> auto& { return o.data; }),
       .unset = "installed"},
      {.flag = "--data-format",
       .help = "idx, cifar10, npy, csv or tokens",
       .sets = kForTraining | kForSamples | kForForecast,
       .value = value_of(
           data_formats(), [](auto& o) -> auto& { return o.data_format; }),
       .takes = "FORMAT"},
      {.flag = "--target",
       .help = "Column of CSV files that is learnt",
       .sets = kForTraining | kForSamples | kForForecast,
       .value = value_of(
           Word{"NAME"}, [](auto& o) -> auto& { return o.target; }),
       .unset = "the last"},
      {.flag = "--validation",
       .help = "Share of training samples that only test",
       .sets = kForTraining,
       .value = value_of(
           Real{0, 1}, [](auto& o) -> auto& { return o.validation; }),
       .bits = DecidesBits{.now = [](const AppOptions& o) { return o.validation > 0; }},
       .report = "validation"},
      {.flag = "--normalize",
       .help = "Samples: to mean 0, deviation 1",
       .sets = kForTraining | kForSamples | kForForecast,
       .value = value_of(
           Normalizing{}, [](auto& o) -> auto& { return o.normalize; }),
       .takes = "BY",
       .bits =
           DecidesBits{
               .now = [](const AppOptions& o) { return o.normalize.how != Normalize::How::kNone; }},
       .heading = {"training",
                   [](const AppOptions& o) {
                     return o.normalize.how == Normalize::How::kNone
                                ? std::string()
                                : "normalized by " + printed("--normalize", o);
                   }},
       .report = "normalize"},
      {.flag = "--augment",
       .help = "Training pictures change: crop, flip",
       .sets = kForTraining,
       .value = value_of(
           kAugmentations, [](auto& o) -> auto& { return o.training.augmentation; }),
       .takes = "HOW",
       .bits =
           DecidesBits{.now = [](const AppOptions& o) { return o.training.augmentation.any(); }},
       .heading = {"training",
                   [](const AppOptions& o) {
                     return o.training.augmentation.any()
                                ? "augmented by " + printed("--augment", o)
                                : std::string();
                   }},
       .report = "augment"},
      {.flag = "--limit-train",
       .help = "Use the first N training samples",
       .sets = kForTraining,
       .value = value_of(
           Whole{1, kMostSamples, "all"}, [](auto& o) -> auto& { return o.limit_train; }),
       .takes = "N"},
      {.flag = "--limit-test",
       .help = "Use the first N test samples",
       .sets = kForTraining | kForSamples,
       .value = value_of(
           Whole{1, kMostSamples, "all"}, [](auto& o) -> auto& { return o.limit_test; }),
       .takes = "N"},
      {.flag = "--weights",
       .help = "Trained file to start from, safetensors",
       .sets = kForTraining | kForTrained,
       .value = value_of(
           Path{"FILE"}, [](auto& o) -> auto& { return o.weights; }),
       .unset = "drawn"},
  };
}

}  // namespace mixnn
