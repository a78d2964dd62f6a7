#include "mixnn/app/report/plan/plan_text.hpp"

#include "mixnn/app/print.hpp"
#include "mixnn/app/report/heading.hpp"
#include "mixnn/app/report/plan/rounds_plan.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/owner/stage_state.hpp"
#include "mixnn/session/automatic.hpp"

namespace mixnn {

namespace {

std::string share_text(const WorkSeconds& work, WorkKind kind) {
  return text("%.0f %%", 100 * work[static_cast<std::size_t>(kind)] / sum(work));
}

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
  const double lone = plan.machines.lone_byte;
  if (lone * plan.machines.bytes_per_second > 1)
    fields.emplace_back("", text("a message alone has %.3g Mbit/s of each link", 8e-6 / lone));
  for (const std::string& line : heading_lines(options, true))
    fields.emplace_back(line, heading_text(options, line));
  fields.emplace_back("sealing", plan.aead);
  if (plan.chosen().period > Nanoseconds{0})
    fields.emplace_back("pace", time_text(seconds(plan.chosen().period)) + " a round" +
                                    (options.session.pace.automatic ? ", about" : ""));
  if (options.session.in_rounds()) {
    const SlotCosts& slot = plan.costs.slot;
    const auto bytes = static_cast<double>(plan.chosen().cell_bytes);
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
      "baseline", time_text(plan.chosen().baseline_s) + " a step, " + counted(threads, "thread"));
  return fields;
}

std::string bound_text(const PlanResult& plan) {
  if (plan.machines.hosts == 1) return "the work over all cores";
  const Forecast& chosen = plan.chosen();
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
  const Forecast& chosen = plan.chosen();
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
  out += learnt_text(plan.routing());
  out += "\n";
  if (!plan.choices.empty()) out += link_choices_table(plan.choices) + "\n";
  if (!plan.cuts.empty()) out += cut_table(plan.cuts) + "\n";
  out += memory_of(plan.memory, plan.own.first);
  if (!plan.warnings.empty()) out += "\n";
  for (const std::string& warning : plan.warnings)
    for (const std::string& line : field_lines("warning", warning)) out += line + "\n";
  return out;
}

}  // namespace mixnn
