#include "mixnn/app/report/plan/plan_json.hpp"

#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/owner/rank_usage.hpp"

namespace mixnn {
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
  json["learnt"] = learnt_json(plan.routing());
  if (plan.options.session.in_rounds()) json["advised_ranks"] = advised_ranks(plan.stages);
  json["memory"] = memories_json(plan.memory);
  if (!plan.choices.empty()) json["choices"] = link_choices_json(plan.choices);
  if (!plan.cuts.empty()) json["cuts"] = cuts_json(plan.cuts);
  return json;
}

}  // namespace mixnn
