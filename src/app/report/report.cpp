#include "mixnn/app/report/report.hpp"

#include <algorithm>
#include <tuple>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/version.hpp"

namespace mixnn {
namespace {

void add_options(Json& report, const AppOptions& options, bool of_session) {
  for (const OptionRow* row : options_in(find_command(options.command).takes))
    if (row->report != nullptr && row->of_session == of_session && row->applies(options))
      report[row->report] = row->value.json(options);
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

// SGD's are those of the options.
void add_optimizer(Json& report, const Optimizer& optimizer) {
  const nlohmann::json all = optimizer_to_json(optimizer);
  for (const auto& [key, value] : all.items())
    report["optimizer"][key] =
        value.is_number_float() ? Json(decimal(value.get<float>())) : Json(value);
}

Json machine_json(const Machine& machine) {
  Json json;
  json["cpu"] = machine.cpu;
  json["cores"] = machine.cores;
  json["blas_core"] = machine.blas_core;
  json["blas_version"] = machine.blas_version;
  if (!machine.blas_core_forced.empty()) json["openblas_coretype"] = machine.blas_core_forced;
  json["aes256gcm"] = machine.aes256gcm;
  json["libsodium"] = machine.libsodium;
  json["mpi"] = machine.mpi;
  json["build"] = machine.build;
  return json;
}

Json by_activity(const ActivitySeconds& seconds) {
  Json json;
  for (std::size_t i = 0; i < kActivities; ++i)
    json[to_string(static_cast<Activity>(i))] = seconds[i];
  return json;
}

Json memory_json(const RankUsage& rank) {
  Json json;
  const Usage& last = rank.last;
  if (rank.role == RankUsage::Role::kHost) {
    json["parameter_bytes"] = last.parameters;
    json["optimizer_bytes"] = last.optimizer;
    json["passes"] = last.passes;
    json["pass_bytes"] = last.pass_bytes;
    json["window_bytes"] = last.window_bytes;
  }
  json["message_bytes"] = last.message_bytes;
  json["pool_cells"] = last.cells;
  json["pool_limit"] = last.cell_limit;
  for (const EpochUsage& epoch : rank.epochs)
    json["peak_resident_by_epoch"].push_back(epoch.resident);
  json["peak_resident"] = last.resident;
  return json;
}

// Each rank's time in the training epochs, by role and without its number: a report may lie where
// other hosts read it. So hosts come by stage, and relays by the work they did.
void add_usage(Json& json, const std::vector<RankUsage>& ranks) {
  std::vector<const RankUsage*> sorted;
  for (const RankUsage& rank : ranks) sorted.push_back(&rank);
  std::ranges::sort(sorted, {}, [](const RankUsage* rank) {
    return std::tuple(rank->role, rank->stage, rank->cpu_s());
  });
  ActivitySeconds cpu{};
  for (const RankUsage* rank : sorted) {
    Json row = {{"role", to_string(rank->role)}};
    if (rank->role == RankUsage::Role::kHost) row["stage"] = rank->stage + 1;
    row["wall_s"] = by_activity(rank->wall_s());
    row["cpu_s"] = rank->cpu_s();
    row["memory"] = memory_json(*rank);
    json["activity"].push_back(row);
    for (const EpochUsage& epoch : rank->epochs) {
      const ActivitySeconds more = epoch.cpu_by_activity();
      for (std::size_t i = 0; i < kActivities; ++i) cpu[i] += more[i];
    }
  }
  json["cpu_s"] = by_activity(cpu);
}

}  // namespace

Json start_report(const AppOptions& options, const Inputs& inputs, const Machine& machine) {
  Json report;
  report["version"] = version_text();
  report["command"] = options.command;
  report["model"] = inputs.model.name;
  report["data"] = inputs.data.name;
  report["train_samples"] = inputs.data.train.count();
  report["test_samples"] = inputs.data.test.count();
  if (inputs.data.validation.count() > 0)
    report["validation_samples"] = inputs.data.validation.count();
  add_options(report, options, false);
  if (inputs.normalization) {
    for (const float x : inputs.normalization->mean)
      report["normalization"]["mean"].push_back(decimal(x));
    for (const float x : inputs.normalization->deviation)
      report["normalization"]["deviation"].push_back(decimal(x));
  }
  if (options.optimizer) add_optimizer(report, *options.optimizer);
  report["machine"] = machine_json(machine);
  return report;
}

void add_session(Json& report, const AppOptions& options, const SessionFacts& facts, int ranks) {
  report["ranks"] = ranks;
  report["stages"] = facts.stages;
  report["owner_stages"] = facts.own.count();
  report["relays"] = facts.relays;
  report["machines"] = facts.machines.count();
  if (facts.machines.count() > 1) report["stages_on_a_machine"] = facts.spread.most;
  report["aead"] = facts.aead;
  report["cell_size"] = facts.cell_bytes;
  report["cells_per_message"] = facts.cells_per_message;
  add_options(report, options, true);
  if (facts.period > Nanoseconds{0}) report["round_s"] = seconds(facts.period);
  report["startup_s"] = facts.startup_s;
}

void add_lives(Json& report, const Checkpointer& checkpoints) {
  report["lives"] = checkpoints.lives();
  if (!checkpoints.resumed()) return;
  report["resumed_from"]["epoch"] = checkpoints.from().epoch;
  report["resumed_from"]["step"] = checkpoints.from().step;
}

void add_record(Json& report, const Record& record) {
  Json& json = report[record.name];
  json["threads"] = record.threading.threads;
  json["threading"] = to_string(record.threading.by);
  json["wall_s"] = record.wall_s();
  json["samples_per_s"] = record.samples_per_s();
  if (record.validated) {
    json["validation_accuracy"] = or_null(record.last().test.accuracy);
    json["validation_loss"] = record.last().test.loss;
  }
  if (!record.validated || record.test_set) {
    json["test_accuracy"] = or_null(record.tested().accuracy);
    json["test_loss"] = record.tested().loss;
  }
  if (record.best) {
    json["best_epoch"] = *record.best + 1;
    json["best_validation_accuracy"] = or_null(record.epochs[*record.best].test.accuracy);
    json["best_validation_loss"] = record.epochs[*record.best].test.loss;
  }
  json["parameters_sha256"] = record.sha256;
  for (const Record::Epoch& epoch : record.epochs) {
    json["epoch_walls_s"].push_back(epoch.train.wall_s);
    json["train_losses"].push_back(epoch.train.train_loss);
    json["train_accuracies"].push_back(or_null(epoch.train.train_accuracy));
    json[record.validated ? "validation_accuracies" : "test_accuracies"].push_back(
        or_null(epoch.test.accuracy));
    if (record.validated) json["validation_losses"].push_back(epoch.test.loss);
  }
}

void add_totals(Json& report, const SessionTotals& totals) {
  Json& json = report["mixnn"];
  json["cells"] = totals.cells;
  json["bytes_on_wire"] = totals.bytes_on_wire;
  json["cells_forwarded"] = totals.forwarded;
  json["cells_delivered"] = totals.delivered;
  json["cells_rejected"] = totals.rejected;
  json["refused"] = Json::array();
  for (const Refused& refused : totals.refused)
    json["refused"].push_back(
        {{"from", refused.from}, {"by", refused.by}, {"messages", refused.messages}});
  if (totals.losses) {
    json["rewinds"] = totals.losses->rewinds;
    json["bad_slots"] = totals.losses->bad_slots;
  }
  json["late"] = {{"owner", totals.late.owner}, {"others", totals.late.others}};
  json["windows"] = totals.spot_checks.windows;
  json["challenges"] = totals.spot_checks.challenges;
  add_usage(json, totals.ranks);
}

void add_bound(Json& report, const Bound& bound) {
  report["bound"] = {{"work_s_per_epoch", bound.work_s_per_epoch},
                     {"cores", bound.cores},
                     {"cores_s", bound.cores_s},
                     {"links_s", bound.links_s.busiest},
                     {"chain_s", bound.links_s.chain},
                     {"schedule_s", bound.links_s.schedule},
                     {"link_bytes", bound.links_s.bytes},
                     {"slowdown", bound.slowdown},
                     {"over", bound.over}};
}

void add_comparison(Json& report, const Comparison& comparison) {
  report["slowdown"] = comparison.slowdown;
  report["accuracy_difference"] = or_null(comparison.accuracy_difference);
  report["bit_identical"] = comparison.bit_identical;
}

}  // namespace mixnn
