#include "mixnn/app/commands/plan.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include "mixnn/app/cpu_set.hpp"
#include "mixnn/app/inputs.hpp"
#include "mixnn/app/machine.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/options/settle.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/report/heading.hpp"
#include "mixnn/app/report/learnt.hpp"
#include "mixnn/app/report/output_files.hpp"
#include "mixnn/app/report/rounds_plan.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/forecast/calibrate.hpp"
#include "mixnn/forecast/rounds/calibrate_rounds.hpp"
#include "mixnn/layers/model_json.hpp"
#include "mixnn/layers/weak_cuts.hpp"
#include "mixnn/owner/rank_usage.hpp"
#include "mixnn/owner/session_check.hpp"
#include "mixnn/owner/stage_state.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/session/run_parameters.hpp"

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

// 1 .. 32, in rounds 64, and the chosen one; as many as one stage may have.
std::vector<std::size_t> rows_of_table(const AppOptions& options, std::size_t stages) {
  const std::size_t chosen = options.training.micro_batches;
  std::vector<std::size_t> counts = micro_batch_candidates(options.training.batch_size);
  counts.resize(std::min<std::size_t>(counts.size(), options.session.in_rounds() ? 7 : 6));
  if (options.session.in_rounds() && stages == 1)
    std::erase_if(counts, [&](std::size_t m) {
      return m > most_micro_batches_of_one_host(options.plan.ranks, options.session.allowance);
    });
  if (std::ranges::find(counts, chosen) == counts.end()) counts.push_back(chosen);
  std::ranges::sort(counts);
  return counts;
}

double three_digits(double value) {
  const double unit = std::pow(10, std::floor(std::log10(std::max(value, 1e-3))) - 2);
  return std::round(value / unit) * unit;
}

std::string share_text(const WorkSeconds& work, WorkKind kind) {
  return text("%.0f %%", 100 * work[static_cast<std::size_t>(kind)] / sum(work));
}

const Forecast& chosen_of(const PlanResult& plan) {
  return *std::ranges::find(plan.forecasts, plan.options.training.micro_batches,
                            &Forecast::micro_batches);
}

// What a job has cannot be given besides.
AppOptions on_hosts(const AppOptions& given, const JobHosts& hosts) {
  AppOptions options = given;
  PlanOptions& where = options.plan;
  const PlanOptions none;
  for (const auto& [flag, is_given] : {std::pair{"--ranks", where.ranks != none.ranks},
                                       {"--cores", where.cores != none.cores},
                                       {"--hosts", where.hosts != none.hosts},
                                       {"--bandwidth", where.bandwidth_mbit != none.bandwidth_mbit},
                                       {"--latency", where.latency_us != none.latency_us}})
    if (is_given)
      throw UsageError(std::string(flag) +
                       ": under mpirun plan looks at the job itself; leave it out, or start plan "
                       "without mpirun");
  where.ranks = hosts.host_of_rank.size();
  where.hosts = hosts.count();
  where.cores = std::ranges::min(hosts.cores);
  if (hosts.count() == 1) return options;
  where.bandwidth_mbit = three_digits(hosts.bytes_per_second / kMegabit);
  where.latency_us = three_digits(hosts.latency_s * 1e6);
  return options;
}

PlanResult planned(const AppOptions& given, const std::vector<std::size_t>& host_of_rank) {
  PlanResult plan;
  plan.options = given;
  plan.measured = !host_of_rank.empty();
  plan.machines.host_of_rank = host_of_rank;
  AppOptions& options = plan.options;
  PlanOptions& where = options.plan;
  ModelSpec model = load_model(options.model);
  plan.inputs = settle_input_type(options, model);
  const ModelSpec open = model;
  settle_stages(options, model);
  plan.model = model.name;
  plan.stages = model.hosted_stages();
  plan.own = model.own;
  for (std::size_t i = 0; i < plan.stages; ++i)
    plan.largest_stage =
        std::max(plan.largest_stage, model.stage(model.own.first + i, 1, {}).parameter_count());
  plan.warnings = weak_cut_texts(weak_cuts(model));
  if (where.ranks == 0) where.ranks = ranks_needed(options.session, plan.stages);
  where.hosts = std::min(where.hosts, where.ranks);
  const int usable = usable_cpus();
  if (where.cores == 0) where.cores = static_cast<std::size_t>(usable);
  plan.machines.hosts = where.hosts;
  plan.machines.cores = where.cores;
  RoundPace& pace = options.session.pace;
  pace.crowded = pace.is_on() && plan.machines.share_cores(where.ranks);
  settle(options, model, static_cast<int>(where.ranks));
  check_session(model, options.training, options.session, static_cast<int>(where.ranks));
  plan.cuts = cut_choices(open, options);
  check_outputs({}, options.json);
  plan.machines.bytes_per_second = where.bandwidth_mbit * kMegabit;
  plan.machines.latency = where.latency_us * 1e-6;
  const AeadSuite suite = suite_of(options.session.aead);
  plan.aead = to_string(suite);
  plan.costs = calibrate(model, options.training, suite,
                         std::min(usable, static_cast<int>(plan.machines.cores)));
  if (options.session.in_rounds())
    calibrate_rounds(plan.costs, model, options.training, suite,
                     {where.ranks, std::min<std::size_t>(where.cores, usable_cpus()),
                      message_sizes(model, options.training, options.session).capacity()});
  RunSetting setting{model, options.training, options.session, where.ranks, plan.machines};
  plan.memory = memory_forecast(setting);
  for (const std::size_t m : rows_of_table(options, plan.stages)) {
    setting.training.micro_batches = m;
    plan.forecasts.push_back(forecast(setting, plan.costs));
  }
  setting.training.micro_batches = options.training.micro_batches;
  plan.choices = link_choices(setting, plan.costs);
  plan.spot_check_work = spot_check_work(setting, chosen_of(plan), measured_hash_speed());
  return plan;
}

}  // namespace

PlanResult make_plan(const AppOptions& options) { return planned(options, {}); }

PlanResult make_plan(const AppOptions& options, const JobHosts& hosts) {
  return planned(on_hosts(options, hosts), hosts.host_of_rank);
}

namespace {

std::string owner_has(const OwnStages& own) {
  return own.count() > 0 ? " with " + counted(own.count(), "stage") : "";
}

using Field = std::pair<std::string, std::string>;

// What the forecast is of, line by line.
std::vector<Field> fields_of(const PlanResult& plan) {
  const AppOptions& options = plan.options;
  const PlanOptions& where = options.plan;
  const CellCosts& cell = plan.costs.cell;
  const bool shared = plan.machines.share_cores(where.ranks);
  const double hand_over =
      cell.hand_over.fixed + (shared ? cell.change_share * cell.process_change : 0);
  std::vector<Field> fields{{"model", plan.model}};
  fields.emplace_back("inputs", plan.inputs);
  for (const std::string& line : heading_lines(options, false))
    fields.emplace_back(line, heading_text(options, line));
  fields.emplace_back(
      "ranks", text("%zu: 1 owner%s, %zu stages, %zu relays", where.ranks,
                    owner_has(plan.own).c_str(), plan.stages, where.ranks - 1 - plan.stages));
  const std::size_t floats = public_parameters(plan.largest_stage, options.session.stage_bytes);
  fields.emplace_back("start",
                      text("%.2f MB of parameters to every rank; the largest stage has %.2f",
                           static_cast<double>(floats * sizeof(float)) / 1e6,
                           static_cast<double>(plan.largest_stage * sizeof(float)) / 1e6));
  if (options.session.spot_checks > 0)
    fields.emplace_back("checking",
                        text("%.1f %% more work on average", 100 * plan.spot_check_work));
  if (where.hosts == 1)
    fields.emplace_back("machine", text("1 host of %zu cores", where.cores));
  else
    fields.emplace_back("machines", text("%zu hosts of %zu cores, %g Mbit/s, %g us", where.hosts,
                                         where.cores, where.bandwidth_mbit, where.latency_us) +
                                        (plan.measured ? ", as measured" : ""));
  for (const std::string& line : heading_lines(options, true))
    fields.emplace_back(line, heading_text(options, line));
  fields.emplace_back("sealing", plan.aead);
  if (chosen_of(plan).period > Nanoseconds{0})
    fields.emplace_back("pace", time_text(seconds(chosen_of(plan).period)) + " a round" +
                                    (options.session.pace.automatic ? ", about" : ""));
  if (options.session.in_rounds()) {
    const SlotCosts& slot = plan.costs.slot;
    const auto bytes = static_cast<double>(chosen_of(plan).cell_bytes);
    fields.emplace_back("a slot", text("%.1f us to send, %.1f a relay, %.1f to cross, %.1f to take",
                                       slot.send(bytes) * 1e6, slot.relay(bytes) * 1e6,
                                       slot.cross(bytes) * 1e6, slot.receive(bytes) * 1e6));
  } else {
    fields.emplace_back("a cell",
                        text("%.1f us a relay + %.3f us a KiB and layer; error of the fit "
                             "%.0f %%",
                             (cell.relay + hand_over) * 1e6, cell.aead.per_unit * 1024e6,
                             plan.costs.fit_error * 100));
  }
  if (shared)
    fields.emplace_back("cores", text("shared by ranks: %.1f us to change from one to the next",
                                      cell.process_change * 1e6));
  const auto threads = static_cast<std::size_t>(plan.costs.baseline_threads);
  fields.emplace_back(
      "baseline", time_text(chosen_of(plan).baseline_s) + " a step, " + counted(threads, "thread"));
  return fields;
}

Routing routing_of(const PlanResult& plan) {
  const SessionOptions& session = plan.options.session;
  const PlanOptions& where = plan.options.plan;
  std::optional<MachineMap> machines;
  if (where.hosts > 1) machines = spread_evenly(where.ranks, where.hosts);
  return {session.in_rounds(), where.ranks, plan.stages, session.hops, session.redraw, machines};
}

std::string bound_text(const PlanResult& plan) {
  if (plan.machines.hosts == 1) return "the work over all cores";
  const Forecast& chosen = chosen_of(plan);
  return "the largest of the\n  work over all cores (*: " + time_text(chosen.cores_s) +
         "), the busiest host's link (" + time_text(chosen.links_s.busiest) + ")\n  and " +
         (plan.options.session.in_rounds() ? "the exchanges of a step"
                                           : "the way of one micro-batch") +
         " over links (" + time_text(chosen.links_s.chain) + ")";
}

std::string table_of(const PlanResult& plan) {
  if (plan.options.session.in_rounds())
    return rounds_table(plan.forecasts, plan.options.training.micro_batches);
  std::string out = "  micro-batches       step   bubble   on the wire   slowdown      bound\n";
  for (const Forecast& f : plan.forecasts)
    out += text("%c %13zu %10s %6.0f %% %10.2f MB %10.2f %10s\n",
                f.micro_batches == plan.options.training.micro_batches ? '*' : ' ', f.micro_batches,
                time_text(f.step_s).c_str(), 100 * f.bubble, f.bytes_on_wire / 1e6, f.slowdown,
                time_text(f.bound_s()).c_str());
  return out;
}

std::string advice_of(const PlanResult& plan) {
  return text("  fastest here: --micro-batches %zu, which decides the trained bits\n",
              fastest_micro_batches(plan.forecasts)) +
         text("  advised: %zu ranks; of 8, 12, 16, 24, 32, ... the first that fits tells least\n",
              advised_ranks(plan.stages));
}

std::string memory_row(const std::string& who, const RankMemory& rank) {
  std::string row = text("  %-12s", who.c_str());
  for (const std::size_t bytes : {rank.program, rank.parameters, rank.optimizer, rank.passes,
                                  rank.window, rank.messages, rank.pool, rank.sum()})
    row += text("%8.2f", static_cast<double>(bytes) * 1e-6);
  return row + "\n";
}

std::string memory_of(const MemoryForecast& memory, std::size_t before) {
  std::string out = "  memory, MB, at most; what ranks took: train --stats\n";
  out += text("  %-12s%8s%8s%8s%8s%8s%8s%8s%8s\n", "", "program", "params", "optim", "activ",
              "checks", "msgs", "pool", "sum");
  out += memory_row("owner", memory.owner);
  for (std::size_t i = 0; i < memory.stages.size(); ++i)
    out += memory_row(text("stage %zu", before + i + 1), memory.stages[i]);
  if (memory.relays > 0) out += memory_row("a relay", memory.relay);
  out += text("  all ranks together: %.0f MB; beside it, the owner holds the data set\n",
              static_cast<double>(memory.sum()) * 1e-6);
  return out;
}

}  // namespace

std::string plan_text(const PlanResult& plan) {
  const Forecast& chosen = chosen_of(plan);
  std::string out = version_text() + " plan: a forecast, nothing is trained\n";
  for (const auto& [name, value] : fields_of(plan))
    for (const std::string& line : field_lines(name, value)) out += line + "\n";
  out += "\n";
  out += table_of(plan);
  out += text("\n* %s: %s of %zu bytes a message\n",
              plan.options.automatic.micro_batches ? "what train and compare choose" : "as given",
              counted(chosen.cells_per_message, "cell").c_str(), chosen.cell_bytes);
  out += text("  work: compute %s, sealing %s, headers %s, tickets %s, hand-over %s\n",
              share_text(chosen.work, WorkKind::kCompute).c_str(),
              share_text(chosen.work, WorkKind::kSealing).c_str(),
              share_text(chosen.work, WorkKind::kHeaders).c_str(),
              share_text(chosen.work, WorkKind::kTickets).c_str(),
              share_text(chosen.work, WorkKind::kHandOver).c_str());
  out += "  bubble: idle share of the cores; bound: " + bound_text(plan) + "\n";
  if (plan.options.session.in_rounds()) out += advice_of(plan);
  out += "\n";
  out += learnt_text(routing_of(plan));
  out += "\n";
  if (!plan.choices.empty()) out += link_choices_table(plan.choices) + "\n";
  if (!plan.cuts.empty()) out += cut_table(plan.cuts) + "\n";
  out += memory_of(plan.memory, plan.own.first);
  if (!plan.warnings.empty()) out += "\n";
  for (const std::string& warning : plan.warnings)
    for (const std::string& line : field_lines("warning", warning)) out += line + "\n";
  return out;
}

namespace {

Json forecast_json(const Forecast& f) {
  Json json;
  json["micro_batches"] = f.micro_batches;
  if (f.exchanges > 0) json["exchanges_per_step"] = f.exchanges;
  if (f.period > Nanoseconds{0}) json["round_s"] = seconds(f.period);
  json["cell_size"] = f.cell_bytes;
  json["cells_per_message"] = f.cells_per_message;
  json["step_s"] = f.step_s;
  json["bubble"] = f.bubble;
  json["bound_s"] = f.bound_s();
  json["bounds_s"] = {
      {"cores", f.cores_s}, {"links", f.links_s.busiest}, {"chain", f.links_s.chain}};
  json["cells_per_step"] = f.cells;
  json["bytes_on_wire_per_step"] = f.bytes_on_wire;
  json["baseline_step_s"] = f.baseline_s;
  json["slowdown"] = f.slowdown;
  const char* const names[] = {"compute", "sealing", "headers", "tickets", "hand_over"};
  static_assert(std::size(names) == kWorkKinds);
  for (std::size_t kind = 0; kind < kWorkKinds; ++kind) json["work_s"][names[kind]] = f.work[kind];
  return json;
}

Json memory_json(RankUsage::Role role, const RankMemory& rank) {
  Json json;
  json["role"] = to_string(role);
  json["program_bytes"] = rank.program;
  json["parameter_bytes"] = rank.parameters;
  json["optimizer_bytes"] = rank.optimizer;
  json["pass_bytes"] = rank.passes;
  json["window_bytes"] = rank.window;
  json["message_bytes"] = rank.messages;
  json["pool_bytes"] = rank.pool;
  json["bytes"] = rank.sum();
  return json;
}

// As in a report's `activity`: the owner, the stages in order, the relays.
Json memories_json(const MemoryForecast& memory) {
  Json json = Json::array();
  json.push_back(memory_json(RankUsage::Role::kOwner, memory.owner));
  for (const RankMemory& stage : memory.stages)
    json.push_back(memory_json(RankUsage::Role::kHost, stage));
  for (std::size_t i = 0; i < memory.relays; ++i)
    json.push_back(memory_json(RankUsage::Role::kRelay, memory.relay));
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
  json["slot_s_per_byte"] = costs.slot.send.per_unit + 2 * costs.slot.relay.per_unit +
                            costs.slot.cross.per_unit + costs.slot.receive.per_unit;
  json["baseline_threads"] = costs.baseline_threads;
  return json;
}

}  // namespace

Json plan_json(const PlanResult& plan) {
  Json json;
  json["version"] = version_text();
  json["command"] = plan.options.command;
  json["model"] = plan.model;
  json["stages"] = plan.stages;
  json["owner_stages"] = plan.own.count();
  json["aead"] = plan.aead;
  json["warnings"] = plan.warnings;
  for (const OptionRow* row : options_in(kForForecast))
    if (row->report != nullptr) json[row->report] = row->value.json(plan.options);
  json["spot_check_work"] = plan.spot_check_work;
  json["costs"] = costs_json(plan.costs);
  for (const Forecast& f : plan.forecasts) json["forecasts"].push_back(forecast_json(f));
  json["learnt"] = learnt_json(routing_of(plan));
  if (plan.options.session.in_rounds()) json["advised_ranks"] = advised_ranks(plan.stages);
  json["memory"] = memories_json(plan.memory);
  if (!plan.choices.empty()) json["choices"] = link_choices_json(plan.choices);
  if (!plan.cuts.empty()) json["cuts"] = cuts_json(plan.cuts);
  return json;
}

namespace {

// The text, if it is wanted.
std::string told(const AppOptions& options, const PlanResult& plan) {
  if (!options.json.empty()) write_file(options.json, report_text(plan_json(plan)));
  return options.quiet ? "" : plan_text(plan);
}

}  // namespace

void run_plan(AppOptions& options) {
  print_lines(told(options, make_plan(options)));
  check_printed();
}

std::string plan_of_job(AppOptions& options, const JobHosts& hosts) {
  return told(options, make_plan(options, hosts));
}

}  // namespace mixnn
