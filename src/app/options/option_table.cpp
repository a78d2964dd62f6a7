#include "mixnn/app/options/option_table.hpp"

#include <algorithm>

#include "mixnn/app/options/audit_options.hpp"
#include "mixnn/app/options/checkpoint_options.hpp"
#include "mixnn/app/options/data_options.hpp"
#include "mixnn/app/options/generation_options.hpp"
#include "mixnn/app/options/identity_options.hpp"
#include "mixnn/app/options/output_options.hpp"
#include "mixnn/app/options/session_options.hpp"
#include "mixnn/app/options/training_options.hpp"
#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

std::vector<OptionRow> make_table() {
  std::vector<OptionRow> table;
  const auto add = [&](const char* group, std::vector<OptionRow> rows) {
    for (OptionRow& row : rows) {
      row.group = group;
      table.push_back(std::move(row));
    }
  };
  add("Data", data_options());
  add("Training", training_options());
  add("Run", run_options());
  add("Protection (train and compare)", protection_options());
  add("Identities", identity_options());
  add("Checkpoints", checkpoint_options());
  add("Machines (plan)", machine_options());
  add("Generation (generate)", generation_options());
  add("Audit (audit)", audit_options());
  add("Output", output_options());
  return table;
}

}  // namespace

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = make_table();
  return table;
}

std::vector<const OptionRow*> options_in(OptionSets sets) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : option_table())
    if ((row.sets & sets) != 0) rows.push_back(&row);
  return rows;
}

const OptionRow& option_row(const std::string& flag) {
  const auto row = std::ranges::find_if(option_table(), [&](auto& r) { return r.flag == flag; });
  MIXNN_CHECK(row != option_table().end(), "an option without a row");
  return *row;
}

}  // namespace mixnn
