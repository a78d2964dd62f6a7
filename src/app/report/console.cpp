#include "mixnn/app/report/console.hpp"

#include <algorithm>
#include <span>

#include "mixnn/app/identities.hpp"
#include "mixnn/app/options/option_row.hpp"
#include "mixnn/app/print.hpp"
#include "mixnn/app/report/heading.hpp"
#include "mixnn/app/report/plan/rounds_plan.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/crypto/secret_memory.hpp"
#include "mixnn/layers/weak_cuts.hpp"

namespace mixnn {
namespace {

std::size_t parameter_count(const ModelSpec& model) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < model.stages.size(); ++i)
    count += model.stage(i, 1).parameter_count();
  return count;
}

std::string threads_text(const Threading& threading) {
  return counted(static_cast<std::size_t>(threading.threads), "thread") +
         (threading.by == Threading::By::kOpenBlas ? " of OpenBLAS" : "");
}

std::string accuracy_text(const std::optional<double>& accuracy) {
  return accuracy ? text("%.4f", *accuracy) : "-";
}

std::string data_text(const DataPair& data) {
  const std::string test = std::to_string(data.test.count());
  if (data.train.count() == 0) return data.name + ": " + test + " samples";
  const std::size_t validation = data.validation.count();
  return data.name + ": " + std::to_string(data.train.count()) + " to train, " +
         (validation > 0 ? std::to_string(validation) + " to validate, " : "") + test + " to test";
}

std::string bytes_text(double bytes) {
  const char* const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 < std::size(units); ++unit) bytes /= 1000;
  return text(unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

std::string machines_text(const SessionFacts& facts) {
  const std::vector<std::uint32_t> sizes = facts.machines.sizes();
  std::string out = text("%zu, ", sizes.size());
  out += facts.machines.by == MachineMap::By::kKeys ? "by their keys: " : "as ranks say: ";
  out += counted(sizes.front(), "rank") + " on the owner's";
  const auto others = std::span(sizes).subspan(1);
  const std::uint32_t least = std::ranges::min(others), most = std::ranges::max(others);
  out +=
      least < most ? text(", %u to %u on others", least, most) : text(", %u on each other", most);
  return out + "; ranks of one pool what they know, so it has " +
         (facts.spread.most == 1 ? "1 stage at most"
                                 : text("up to %zu stages", facts.spread.most)) +
         (facts.spread.most > 1 && facts.spread.apart ? ", no neighbours" : "");
}

// Empty if each stage can be on a machine of its own.
std::string pooled_text(const SessionFacts& facts) {
  if (facts.spread.most == 1) return {};
  const std::size_t others = facts.machines.count() - 1;
  return counted(facts.stages, "stage") + " on " + counted(others, "machine") +
         (others == 1 ? " that is" : " that are") +
         " not the owner's: one has several, and knows them together; " +
         "take more machines, or fewer stages";
}

}  // namespace

void Console::line(const std::string& content) {
  if (options_.quiet) return;
  print_line(content);
}

void Console::field(const std::string& name, const std::string& value) {
  for (const std::string& row : field_lines(name, value)) line(row);
}

void Console::setting(const Inputs& inputs, const Machine& machine) {
  line(version_text() + " " + options_.command);
  if (machine.build != "release")
    field("warning", "built " + machine.build + ": times mean nothing");
  field("model", inputs.model.name + ": " + counted(inputs.model.stages.size(), "stage") + ", " +
                     counted(parameter_count(inputs.model), "parameter"));
  if (!inputs.cut.empty()) field("stages", inputs.cut);
  if (const std::string weak = weak_cuts_line(weak_cuts(inputs.model));
      !weak.empty() && options_.command != "baseline")
    field("cut", weak);
  if (!inputs.data.name.empty()) field("data", data_text(inputs.data));
  for (const std::string& name : heading_lines(options_, false)) {
    const bool other = options_.optimizer && name == kOptimizerLine;
    field(other ? optimizer_name(*options_.optimizer) : name,
          heading_text(options_, name) + (other ? ", " + optimizer_text(*options_.optimizer) : ""));
  }
  field("cpu", machine.cpu + ", " + counted(static_cast<std::size_t>(machine.cores), "core"));
  field("blas", machine.blas_version + ", " + machine.blas_core + " kernels" +
                    (machine.blas_core_forced.empty()
                         ? ""
                         : " (OPENBLAS_CORETYPE=" + machine.blas_core_forced + ")"));
}

void Console::checkpoints(const std::string& content) { field("checkpoint", content); }

void Console::session(const SessionFacts& facts, int ranks) {
  const std::string own =
      facts.own.count() > 0 ? " with " + counted(facts.own.count(), "stage") + " of its own" : "";
  field("ranks", text("%d: 1 owner", ranks) + own + ", " +
                     counted(facts.stages, own.empty() ? "stage" : "hosted stage") + ", " +
                     counted(facts.relays, "relay"));
  field("route", heading_text(options_, "route"));
  if (facts.period > Nanoseconds{0})
    field("pace", text("a round every %g ms, ", 1e3 * seconds(facts.period)) +
                      (options_.session.pace.automatic ? "as settled at the start; " : "") +
                      "answers come " + counted(options_.session.allowance, "exchange") +
                      " behind what they are to");
  if (options_.session.in_rounds())
    field("routes", routes_text(options_, static_cast<std::size_t>(ranks)));
  field("cells", text("%zu bytes, %zu a message, ", facts.cell_bytes, facts.cells_per_message) +
                     heading_text(options_, "cells"));
  field("sealing", facts.aead);
  if (facts.kept_bytes > 0)
    field("rewinds", text("at most %zu in %zu exchanges, then blame", options_.session.rewinds,
                          static_cast<std::size_t>(kRewindWindow)) +
                         "; for that each rank keeps " +
                         bytes_text(static_cast<double>(facts.kept_bytes)));
  if (facts.peers) field("peers", peers_text(facts.peers));
  if (facts.machines.count() > 1) {
    field("machines", machines_text(facts));
    if (const std::string pooled = pooled_text(facts); !pooled.empty()) field("warning", pooled);
  }
  field("schedule",
        heading_text(options_, "schedule") + text("; started in %.2f s", facts.startup_s));
  for (const std::string& name : heading_lines(options_, true))
    if (name != "route" && name != "cells" && name != "schedule")
      field(name, heading_text(options_, name));
}

void Console::locked_memory() {
  if (!all_secrets_locked())
    field("warning", "not all keys are in locked memory (ulimit -l), they may be swapped out");
}

void Console::contenders(const Record& baseline) {
  line("");
  const bool rounds = options_.training.wire != ElementType::kFloat32;
  const std::string threads = threads_text(baseline.threading);
  for (const std::string& row :
       wrapped("baseline:  ", "the fastest single process, whole batches, " + threads +
                                  (rounds ? ", nothing rounded" : "")))
    line(row);
  line("reference: a single process, 1 thread, the same micro-batches");
  line("mixnn:     the ranks, through the relays");
}

void Console::table_head(bool trainers) {
  line("");
  line(text("epoch  %sloss   train acc  %s   seconds", trainers ? "run          " : "  ",
            options_.validation > 0 ? "valid acc" : " test acc"));
}

void Console::table_row(std::size_t epoch, const Record& record, bool trainers) {
  const Record::Epoch& row = record.last();
  const std::string number = trainers && record.name != "baseline" ? "" : std::to_string(epoch + 1);
  line(text("%5s  %-*s%6.4f  %10s  %9s  %8.3f", number.c_str(), trainers ? 11 : 0,
            trainers ? record.name.c_str() : "", row.train.train_loss,
            accuracy_text(row.train.train_accuracy).c_str(),
            accuracy_text(row.test.accuracy).c_str(), row.train.wall_s));
}

void Console::summary(const Record& record, const std::optional<SessionTotals>& totals) {
  line("");
  field("trained", text("%.2f s, %.0f samples/s", record.wall_s(), record.samples_per_s()) +
                       (totals ? "" : ", " + threads_text(record.threading)));
  if (totals)
    field("sent", std::to_string(totals->cells) + " cells, " +
                      bytes_text(static_cast<double>(totals->bytes_on_wire)));
  const auto measured = [](const TestResult& test) {
    return (test.accuracy ? "accuracy " + accuracy_text(test.accuracy) + ", " : "") +
           text("loss %.4f", test.loss);
  };
  if (record.validated) field("validation", measured(record.last().test));
  if (record.best)
    field("best", "epoch " + std::to_string(*record.best + 1) + " of " +
                      std::to_string(record.epochs.size()) + ": validation " +
                      measured(record.epochs[*record.best].test));
  if (record.epochs.size() < options_.training.epochs)
    field("stopped", "early, after " + counted(record.epochs.size(), "epoch") + ": " +
                         std::to_string(options_.early_stop) + " without a better one");
  field("test", measured(record.tested()));
  field("sha256", record.sha256.substr(0, 16) + "... of the parameters");
}

namespace {

std::string what_bounds(const Bound& bound) {
  if (bound.largest_s() == bound.links_s.chain) return "messages that wait for one another";
  if (bound.largest_s() == bound.links_s.busiest) return "bytes over the busiest link";
  return text("work over %d cores", bound.cores);
}

}  // namespace

void Console::comparison(const Comparison& result, const std::optional<Bound>& bound,
                         const Record& baseline, const Record& reference, const Record& mixnn) {
  line("");
  line("                      here          paper");
  if (result.accuracy_difference)
    line(text("accuracy difference%7.3g   within 0.001", *result.accuracy_difference));
  line(text("slowdown           %7.2f      about 7.5", result.slowdown));
  if (bound) {
    line(text("bound              %7.2f   (%s)", bound->slowdown, what_bounds(*bound).c_str()));
    line(text("over bound         %7.2f", bound->over));
  }
  line("");
  line("            samples/s  test loss   test acc");
  for (const Record* record : {&baseline, &reference, &mixnn})
    line(text("%-10s %10.0f  %9.4f  %9s", record->name.c_str(), record->samples_per_s(),
              record->tested().loss, accuracy_text(record->tested().accuracy).c_str()));
  line("");
  line(result.bit_identical ? "mixnn's parameters are bit-identical to the reference's"
                            : "mixnn's parameters DIFFER from the reference's");
}

void Console::refused(const SessionTotals& totals) {
  if (!totals.refused.empty()) field("refused", refused_text(totals.refused) + "; the run went on");
}

void Console::rewinds(const SessionTotals& totals) {
  if (!totals.losses || totals.losses->rewinds == 0) return;
  field("rewinds", std::to_string(totals.losses->rewinds) + ", for " +
                       counted(totals.losses->bad_slots, "bad slot") + "; the run went on");
}

// Not by rank: which ranks are asked for more than they can do in time shows who has a stage.
void Console::late(const SessionTotals& totals) {
  if (totals.late.all() == 0) return;
  field("late", "what was due was not ready in time: the owner's in " +
                    counted(totals.late.owner, "exchange") + ", others' in " +
                    counted(totals.late.others, "exchange") + "; a longer --pace gives more time");
}

void Console::stats(const SessionTotals& totals) {
  if (!options_.stats) return;
  line("");
  for (const std::string& row : stats_lines(totals.ranks)) line(row);
}

void Console::close() {
  if (!options_.out.empty())
    field("results", options_.out.string() + ": report.json, model.safetensors");
  if (!options_.json.empty()) field("report", options_.json.string());
  if (!options_.keep_best.empty())
    field("weights", options_.keep_best.string() + ": the best epoch's");
  if (!options_.trace.empty())
    field("trace", options_.trace.string() + ": the owner's secret, for ui.perfetto.dev");
  if (!options_.wire_log.empty())
    field("wire log", options_.wire_log.string() + ": the owner's secret, for mixnn audit");
  check_printed();
}

}  // namespace mixnn
