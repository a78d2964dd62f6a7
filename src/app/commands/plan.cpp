#include "mixnn/app/commands/plan.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "mixnn/app/cpu_set.hpp"
#include "mixnn/app/machine.hpp"
#include "mixnn/app/options/option_names.hpp"
#include "mixnn/app/options/settle.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/forecast/calibrate.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/owner/session_check.hpp"
#include "mixnn/session/automatic.hpp"

namespace mixnn {
namespace {

constexpr double kMegabit = 1e6 / 8;  // bytes

AeadSuite suite_of(AeadChoice choice) {
  if (choice == AeadChoice::kChaCha20Poly1305) return AeadSuite::kChaCha20Poly1305;
  if (aes256gcm_available()) return AeadSuite::kAes256Gcm;
  if (choice == AeadChoice::kAes256Gcm)
    throw UsageError("--aead aes256gcm: this CPU does not have it");
  return AeadSuite::kChaCha20Poly1305;
}

std::vector<std::size_t> rows_of_table(std::size_t batch_size, std::size_t chosen) {
  constexpr std::size_t kRows = 6;  // 1 .. 32, and the chosen one
  std::vector<std::size_t> counts = micro_batch_candidates(batch_size);
  counts.resize(std::min(counts.size(), kRows));
  if (std::ranges::find(counts, chosen) == counts.end()) counts.push_back(chosen);
  std::ranges::sort(counts);
  return counts;
}

std::string time_text(double seconds) {
  return seconds < 1 ? text("%.2f ms", seconds * 1e3) : text("%.2f s", seconds);
}

std::string share_text(const WorkSeconds& work, WorkKind kind) {
  return text("%.0f %%", 100 * work[static_cast<std::size_t>(kind)] / sum(work));
}

const Forecast& chosen_of(const PlanResult& plan) {
  return *std::ranges::find(plan.forecasts, plan.chosen, &Forecast::micro_batches);
}

}  // namespace

PlanResult make_plan(const AppOptions& given) {
  AppOptions options = given;
  const ModelSpec model = load_model(options.model);
  PlanResult plan;
  plan.model = model.name;
  plan.stages = model.stages.size();
  plan.ranks = options.plan.ranks > 0 ? options.plan.ranks : 1 + plan.stages + options.session.hops;
  settle(options, model, static_cast<int>(plan.ranks));
  check_session(model, options.training, options.session, static_cast<int>(plan.ranks));
  check_outputs({}, options.json);
  plan.chosen = options.training.micro_batches;
  plan.chosen_auto = options.automatic.micro_batches;
  plan.machines.hosts = std::min(options.plan.hosts, plan.ranks);
  const int usable = usable_cpus();
  plan.machines.cores =
      options.plan.cores > 0 ? options.plan.cores : static_cast<std::size_t>(usable);
  plan.machines.bytes_per_second = options.plan.bandwidth_mbit * kMegabit;
  plan.machines.latency = options.plan.latency_us * 1e-6;
  const AeadSuite suite = suite_of(options.session.aead);
  plan.aead = to_string(suite);
  plan.costs = calibrate(model, options.training, suite,
                         std::min(usable, static_cast<int>(plan.machines.cores)));
  RunSetting setting{model, options.training, options.session, plan.ranks, plan.machines};
  for (const std::size_t m : rows_of_table(options.training.batch_size, plan.chosen)) {
    setting.training.micro_batches = m;
    plan.forecasts.push_back(forecast(setting, plan.costs));
  }
  return plan;
}

std::string plan_text(const AppOptions& options, const PlanResult& plan) {
  const CellCosts& cell = plan.costs.cell;
  const Forecast& chosen = chosen_of(plan);
  std::string out = version_text() + " plan: a forecast, nothing is trained\n";
  const auto field = [&](const char* name, const std::string& value) {
    out += text("  %-10s %s\n", name, value.c_str());
  };
  field("model", text("%s, batch %zu%s", plan.model.c_str(), options.training.batch_size,
                      wire_dtype_note(options.training.wire).c_str()));
  field("ranks", text("%zu: 1 owner, %zu stages, %zu relays; %zu hops", plan.ranks, plan.stages,
                      plan.ranks - 1 - plan.stages, options.session.hops));
  if (plan.machines.hosts == 1)
    field("machine", text("1 host of %zu cores", plan.machines.cores));
  else
    field("machines",
          text("%zu hosts of %zu cores, %g Mbit/s, %g us", plan.machines.hosts, plan.machines.cores,
               plan.machines.bytes_per_second / kMegabit, plan.machines.latency * 1e6));
  field("sealing",
        text("%s, padding %s", plan.aead.c_str(), to_string(options.session.padding).c_str()));
  double hand_over = cell.hand_over.fixed;
  if (plan.machines.share_cores(plan.ranks)) hand_over += cell.change_share * cell.process_change;
  field("a cell", text("%.1f us a relay + %.3f us a KiB and layer; error of the fit %.0f %%",
                       (cell.relay + hand_over) * 1e6, cell.aead.per_unit * 1024e6,
                       plan.costs.fit_error * 100));
  if (plan.machines.share_cores(plan.ranks))
    field("cores", text("shared by ranks: %.1f us to change from one to the next",
                        cell.process_change * 1e6));
  field("baseline", text("%s a step, %d thread%s", time_text(chosen.baseline_s).c_str(),
                         plan.costs.baseline_threads, plan.costs.baseline_threads == 1 ? "" : "s"));
  out += "\n  micro-batches       step   bubble   on the wire   slowdown      bound\n";
  for (const Forecast& f : plan.forecasts)
    out += text("%c %13zu %10s %6.0f %% %10.2f MB %10.2f %10s\n",
                f.micro_batches == plan.chosen ? '*' : ' ', f.micro_batches,
                time_text(f.step_s).c_str(), 100 * f.bubble, f.bytes_on_wire / 1e6, f.slowdown,
                time_text(f.bound_s).c_str());
  out +=
      text("\n* %s: %zu cell%s of %zu bytes a message\n",
           plan.chosen_auto ? "what train and compare choose" : "as given",
           chosen.cells_per_message, chosen.cells_per_message == 1 ? "" : "s", chosen.cell_bytes);
  out += text("  work: compute %s, sealing %s, headers %s, tickets %s, hand-over %s\n",
              share_text(chosen.work, WorkKind::kCompute).c_str(),
              share_text(chosen.work, WorkKind::kSealing).c_str(),
              share_text(chosen.work, WorkKind::kHeaders).c_str(),
              share_text(chosen.work, WorkKind::kTickets).c_str(),
              share_text(chosen.work, WorkKind::kHandOver).c_str());
  out += "  bubble: idle share of the cores; bound: the work over all cores\n";
  return out;
}

namespace {

Json forecast_json(const Forecast& f) {
  Json json;
  json["micro_batches"] = f.micro_batches;
  json["cell_size"] = f.cell_bytes;
  json["cells_per_message"] = f.cells_per_message;
  json["step_s"] = f.step_s;
  json["bubble"] = f.bubble;
  json["bound_s"] = f.bound_s;
  json["cells_per_step"] = f.cells;
  json["bytes_on_wire_per_step"] = f.bytes_on_wire;
  json["baseline_step_s"] = f.baseline_s;
  json["slowdown"] = f.slowdown;
  const char* const names[] = {"compute", "sealing", "headers", "tickets", "hand_over"};
  static_assert(std::size(names) == kWorkKinds);
  for (std::size_t kind = 0; kind < kWorkKinds; ++kind) json["work_s"][names[kind]] = f.work[kind];
  return json;
}

Json costs_json(const CostModel& costs) {
  Json json;
  json["aead_s_per_byte"] = costs.cell.aead.per_unit;
  json["aead_s_per_call"] = costs.cell.aead.fixed;
  json["wrap_s"] = costs.cell.wrap;
  json["relay_s"] = costs.cell.relay;
  json["receive_s"] = costs.cell.receive;
  json["slot_s"] = costs.cell.slot;
  json["hand_over_s"] = costs.cell.hand_over.fixed;
  json["process_change_s"] = costs.cell.process_change;
  json["hand_over_s_per_byte"] = costs.cell.hand_over.per_unit;
  json["fit_error"] = costs.fit_error;
  json["baseline_threads"] = costs.baseline_threads;
  return json;
}

}  // namespace

Json plan_json(const AppOptions& options, const PlanResult& plan) {
  Json json;
  json["version"] = version_text();
  json["command"] = to_string(options.command);
  json["model"] = plan.model;
  json["ranks"] = plan.ranks;
  json["stages"] = plan.stages;
  json["hops"] = options.session.hops;
  json["batch_size"] = options.training.batch_size;
  json["micro_batches"] = plan.chosen;
  json["wire_dtype"] = to_string(options.training.wire);
  json["aead"] = plan.aead;
  json["padding"] = to_string(options.session.padding);
  json["schedule"] = to_string(options.session.schedule);
  json["hosts"] = plan.machines.hosts;
  json["cores"] = plan.machines.cores;
  json["bandwidth_mbit"] = plan.machines.bytes_per_second / kMegabit;
  json["latency_us"] = plan.machines.latency * 1e6;
  json["costs"] = costs_json(plan.costs);
  for (const Forecast& f : plan.forecasts) json["forecasts"].push_back(forecast_json(f));
  return json;
}

void run_plan(const AppOptions& options) {
  const PlanResult plan = make_plan(options);
  if (!options.quiet) std::printf("%s", plan_text(options, plan).c_str());
  std::fflush(stdout);
  if (!options.json.empty()) write_file(options.json, plan_json(options, plan).dump(2) + "\n");
  if (std::ferror(stdout) != 0) throw RunError("standard output cannot be written");
}

}  // namespace mixnn
