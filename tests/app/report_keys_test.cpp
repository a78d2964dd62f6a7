#include "mixnn/app/report/report_keys.hpp"

#include <gtest/gtest.h>

#include <set>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/app/commands/plan.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/report/audit_json.hpp"
#include "mixnn/app/report/plan/plan_json.hpp"
#include "mixnn/app/report/report.hpp"

namespace mixnn {
namespace {

// "a", "a.b": the paths of all objects and values; a list's are those of its elements.
void collect(const Json& json, const std::string& path, std::set<std::string>& paths) {
  if (!path.empty()) paths.insert(path);
  if (json.is_object())
    for (const auto& [key, value] : json.items())
      collect(value, path.empty() ? key : path + "." + key, paths);
  if (json.is_array())
    for (const Json& value : json) collect(value, path, paths);
}

std::set<std::string> described(std::span<const ReportKey> keys, OptionSets sets) {
  std::set<std::string> paths;
  for (const ReportKey& key : keys) {
    const std::string path = key.path;
    if (!path.starts_with("*")) paths.insert(path);
    if (path.starts_with("*"))
      for (const char* name : {"baseline", "reference", "mixnn"})
        paths.insert(std::string(name).append(path, 1));
  }
  for (const OptionRow* row : options_in(sets))
    if (row->report != nullptr) paths.insert(row->report);
  return paths;
}

// Both ways: every key is described, by itself or with the one above it, and every described one is
// written. What stands on the first level, or beside a described key, needs a description.
void expect_described(const std::set<std::string>& written, const std::set<std::string>& known) {
  std::set<std::string> parents;
  for (const std::string& path : known)
    if (const auto dot = path.rfind('.'); dot != std::string::npos)
      parents.insert(path.substr(0, dot));
  for (const std::string& path : written) {
    const auto dot = path.rfind('.');
    if (dot == std::string::npos || parents.contains(path.substr(0, dot))) {
      EXPECT_TRUE(known.contains(path)) << path << " is not described";
    }
  }
  for (const std::string& path : known)
    EXPECT_TRUE(written.contains(path)) << path << " is described, but not written";
}

TEST(ReportKeys, AreThoseThatARunWrites) {
  AppOptions options = defaults_of(find_command("compare"));
  options.training.lr_decay = LrDecay::kStep;  // all that applies somewhere
  options.training.warmup = 1;
  options.training.min_lr = 1e-4f;
  options.training.clip_norm = 1;
  options.training.staleness = 1;
  options.session.traffic = TrafficKind::kRounds;
  Json report = start_report(options, Inputs(), Machine());
  SessionFacts facts;
  facts.period = std::chrono::milliseconds(1);
  facts.machines = spread_evenly(8, 3);
  add_session(report, options, facts, 8);
  for (const char* name : {"baseline", "reference", "mixnn"})
    add_record(report, {.name = name, .threading = {}, .epochs = {{}}, .sha256 = "a"});
  SessionTotals totals;
  totals.ranks.emplace_back().epochs.emplace_back();
  totals.losses.emplace();
  add_totals(report, totals);
  add_comparison(report, Comparison());
  add_bound(report, Bound());
  std::set<std::string> written;
  options.training.lr_decay = LrDecay::kPlateau;
  collect(start_report(options, Inputs(), Machine()), "", written);
  collect(report, "", written);
  written.insert({"lives", "resumed_from"});  // of checkpoints: add_lives
  written.insert("optimizer");                // of another than SGD, in whose place it is
  Inputs inputs;
  inputs.data.validation = {Table::of({}, std::vector<float>{1}),
                            Table::of({}, std::vector<float>{1})};
  inputs.normalization = Normalization{{0}, {1}};
  Json with_validation = start_report(options, inputs, Machine());
  for (const char* name : {"baseline", "reference", "mixnn"})
    add_record(with_validation, {.name = name, .epochs = {{}}, .validated = true, .best = 0});
  collect(with_validation, "", written);
  AppOptions stopping = defaults_of(find_command("train"));
  stopping.early_stop = 3;
  collect(start_report(stopping, inputs, Machine()), "", written);
  expect_described(written, described(report_keys(), kForTraining | kForBest));
}

TEST(ReportKeys, AreThoseThatPlanWrites) {
  PlanResult plan;
  plan.options = defaults_of(find_command("plan"));
  plan.forecasts.emplace_back();
  plan.cuts.emplace_back();
  plan.choices.emplace_back();
  std::set<std::string> written;
  collect(plan_json(plan), "", written);
  plan.options.session.traffic = TrafficKind::kRounds;
  plan.options.plan.ranks = 8;
  plan.forecasts[0].exchanges = 15;
  plan.forecasts[0].period = Nanoseconds{250'000};
  collect(plan_json(plan), "", written);
  expect_described(written, described(plan_keys(), kForForecast));
}

TEST(ReportKeys, AreThoseThatAuditWrites) {
  AuditedGroup group;
  Finding& finding = group.findings.emplace_back();
  finding.judgement.parts.bins.emplace_back();
  finding.permuted = finding.noise = Interval{};
  std::set<std::string> written;
  collect(audit_json({group}), "", written);
  expect_described(written, described(audit_keys(), kForAudit));
}

}  // namespace
}  // namespace mixnn
