#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "mixnn/app/options/option_value.hpp"
#include "mixnn/app/options/options.hpp"

namespace mixnn {

// One option with a value: how it is written, explained and read. The only place that knows them
// all.
struct OptionRow {
  const char* flag;   // "--epochs"
  const char* takes;  // "N"
  const char* group;  // of the help
  std::string fallback;
  const char* help;
  void (*apply)(const OptionText& given, AppOptions& options);  // throws UsageError
};

// The options that train, baseline and compare take alike, in the order of the help.
std::vector<OptionRow> option_table(const AppOptions& defaults);
// Those of plan: its own, and what changes a forecast of the others.
std::vector<OptionRow> plan_option_table(const AppOptions& defaults);

inline constexpr std::size_t kHelpColumn = 30;
std::string help_text(const OptionRow& row);  // fits 80 columns beside kHelpColumn

std::string environment_name(const std::string& flag);  // --batch-size: MIXNN_BATCH_SIZE
// The option's text with the name under which the user gave it.
OptionText named(const std::string& flag, const std::string& text);

}  // namespace mixnn
