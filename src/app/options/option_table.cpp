#include "mixnn/app/options/option_table.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string_view>

#include "mixnn/app/options/option_names.hpp"

namespace mixnn {
namespace {

constexpr double kNoBound = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kLimit = 1'000'000'000;

template <class T>
std::string text_of(T value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

void append_training(std::vector<OptionRow>& rows, const AppOptions& app_defaults) {
  const TrainingOptions& defaults = app_defaults.training;
  const char* const group = "Training";
  rows.push_back({"--epochs", "N", group, text_of(defaults.epochs), "Passes over the training set",
                  [](const OptionText& t, AppOptions& o) {
                    o.training.epochs = whole_number(t, 1, 1'000'000);
                  }});
  rows.push_back({"--batch-size", "B", group, text_of(defaults.batch_size), "Samples of one update",
                  [](const OptionText& t, AppOptions& o) {
                    o.training.batch_size = whole_number(t, 1, 1 << 20);
                  }});
  rows.push_back({"--micro-batches", "M|auto", group,
                  app_defaults.automatic.micro_batches ? "auto" : text_of(defaults.micro_batches),
                  "Parts of a batch, 1 to B", [](const OptionText& t, AppOptions& o) {
                    o.automatic.micro_batches = t.text == "auto";
                    if (!o.automatic.micro_batches)
                      o.training.micro_batches = whole_number(t, 1, 1024);
                  }});
  rows.push_back({"--lr", "X", group, text_of(defaults.learning_rate), "Learning rate, above 0",
                  [](const OptionText& t, AppOptions& o) {
                    o.training.learning_rate = static_cast<float>(real_number(t, 0, 1e30, true));
                  }});
  rows.push_back(
      {"--lr-decay", "linear|none", group, "linear", "Learning rate falls to almost 0, or stays",
       [](const OptionText& t, AppOptions& o) { o.training.lr_decay = parse_lr_decay(t); }});
  rows.push_back({"--momentum", "X", group, text_of(defaults.momentum),
                  "Momentum of SGD, 0 to below 1", [](const OptionText& t, AppOptions& o) {
                    o.sgd_given = true;
                    o.training.momentum = static_cast<float>(real_number(t, 0, 1));
                  }});
  rows.push_back({"--weight-decay", "X", group, text_of(defaults.weight_decay),
                  "L2 penalty, 0 or more", [](const OptionText& t, AppOptions& o) {
                    o.sgd_given = true;
                    o.training.weight_decay = static_cast<float>(real_number(t, 0, 1e30));
                  }});
  rows.push_back({"--wire-dtype", "float32|bfloat16", group, to_string(defaults.wire),
                  "Of activations and gradients sent", [](const OptionText& t, AppOptions& o) {
                    o.training.wire = parse_wire_dtype(t);
                  }});
  rows.push_back({"--seed", "N", group, "random", "Of initialization and shuffling; recorded",
                  [](const OptionText& t, AppOptions& o) {
                    o.seed_given = true;
                    o.training.seed = whole_number(t, 0, std::numeric_limits<std::uint64_t>::max());
                  }});
}

void append_data(std::vector<OptionRow>& rows) {
  const char* const group = "Data";
  rows.push_back({"--data", "DIR", group, "installed", "Folder of IDX files, plain or .gz",
                  [](const OptionText& t, AppOptions& o) { o.data = nonempty(t); }});
  rows.push_back(
      {"--limit-train", "N", group, "all", "Use the first N training samples",
       [](const OptionText& t, AppOptions& o) { o.limit_train = whole_number(t, 1, kLimit); }});
  rows.push_back(
      {"--limit-test", "N", group, "all", "Use the first N test samples",
       [](const OptionText& t, AppOptions& o) { o.limit_test = whole_number(t, 1, kLimit); }});
}

void append_protection(std::vector<OptionRow>& rows, const SessionOptions& defaults) {
  const char* const group = "Protection (train and compare)";
  rows.push_back(
      {"--hops", "N", group, text_of(defaults.hops), "Relays on every route; 0: unprotected",
       [](const OptionText& t, AppOptions& o) { o.session.hops = whole_number(t, 0, 5); }});
  rows.push_back({"--cell-size", "BYTES|auto", group, "auto", "Size of every cell on the wire",
                  [](const OptionText& t, AppOptions& o) {
                    o.session.cell_bytes = t.text == "auto" ? 0 : whole_number(t, 1, 1 << 28);
                  }});
  rows.push_back({"--padding", "uniform|cells", group, to_string(defaults.padding),
                  "Pad to messages of one size, or not", [](const OptionText& t, AppOptions& o) {
                    o.session.padding = parse_padding(t);
                  }});
  rows.push_back({"--aead", "NAME", group, to_string(defaults.aead),
                  "auto, aes256gcm or chacha20poly1305",
                  [](const OptionText& t, AppOptions& o) { o.session.aead = parse_aead(t); }});
  rows.push_back({"--mix", "STRATEGY", group, to_string(defaults.mix),
                  "shuffle, or threshold:N[:MILLISECONDS]",
                  [](const OptionText& t, AppOptions& o) { o.session.mix = parse_mix(t); }});
}

void append_run(std::vector<OptionRow>& rows, const AppOptions& defaults) {
  const char* const group = "Run";
  rows.push_back({"--schedule", "gpipe|1f1b", group, to_string(defaults.session.schedule),
                  "Order of micro-batches in the pipeline", [](const OptionText& t, AppOptions& o) {
                    o.session.schedule = parse_schedule(t);
                  }});
  rows.push_back({"--in-flight", "N|auto", group,
                  defaults.automatic.in_flight ? "auto" : text_of(defaults.session.in_flight),
                  "Messages under way at once", [](const OptionText& t, AppOptions& o) {
                    o.automatic.in_flight = t.text == "auto";
                    if (!o.automatic.in_flight) o.session.in_flight = whole_number(t, 1, 4096);
                  }});
  rows.push_back({"--timeout", "SECONDS", group, text_of(seconds(defaults.session.timeout)),
                  "End a run without progress after this", [](const OptionText& t, AppOptions& o) {
                    const std::chrono::duration<double> given(real_number(t, 0, 1e9, true));
                    o.session.timeout = std::chrono::duration_cast<Nanoseconds>(given);
                  }});
  rows.push_back({"--threads", "N|auto", group, "auto", "Of the baseline; auto: the fastest count",
                  [](const OptionText& t, AppOptions& o) {
                    o.threads = t.text == "auto" ? 0 : static_cast<int>(whole_number(t, 1, 1024));
                  }});
}

void append_checkpoints(std::vector<OptionRow>& rows, const CheckpointOptions& defaults) {
  const char* const group = "Checkpoints (train)";
  rows.push_back({"--checkpoint", "DIR", group, "none", "Shared folder: save there, resume from it",
                  [](const OptionText& t, AppOptions& o) { o.checkpoint.folder = nonempty(t); }});
  rows.push_back(
      {"--checkpoint-every", "N(m|e|b)", group, to_string(defaults.every),
       "Minutes, epochs or batches: 5m, 1e, 50b",
       [](const OptionText& t, AppOptions& o) { o.checkpoint.every = parse_interval(t); }});
  rows.push_back({"--checkpoint-key", "FILE", group, "~/.local/state",
                  "Opens them; made by the first run",
                  [](const OptionText& t, AppOptions& o) { o.checkpoint.key = nonempty(t); }});
  rows.push_back(
      {"--keep", "N", group, text_of(defaults.keep), "Checkpoints to keep",
       [](const OptionText& t, AppOptions& o) { o.checkpoint.keep = whole_number(t, 1, 1000); }});
  rows.push_back(
      {"--resume", "auto|never|must", group, to_string(defaults.resume),
       "Where DIR holds a checkpoint; never: anew",
       [](const OptionText& t, AppOptions& o) { o.checkpoint.resume = parse_resume(t); }});
}

void append_machines(std::vector<OptionRow>& rows, const PlanOptions& defaults) {
  const char* const group = "Machines";
  rows.push_back(
      {"--ranks", "N", group, "fewest", "1 owner + stages + relays",
       [](const OptionText& t, AppOptions& o) { o.plan.ranks = whole_number(t, 1, 100'000); }});
  rows.push_back(
      {"--cores", "N", group, "this machine's", "Of each host, shared by its ranks",
       [](const OptionText& t, AppOptions& o) { o.plan.cores = whole_number(t, 1, 100'000); }});
  rows.push_back(
      {"--hosts", "N", group, text_of(defaults.hosts), "Ranks are spread evenly over them",
       [](const OptionText& t, AppOptions& o) { o.plan.hosts = whole_number(t, 1, 100'000); }});
  rows.push_back({"--bandwidth", "MBIT", group, text_of(defaults.bandwidth_mbit),
                  "Mbit/s of a host's link to others", [](const OptionText& t, AppOptions& o) {
                    o.plan.bandwidth_mbit = real_number(t, 0, 1e9, true);
                  }});
  rows.push_back(
      {"--latency", "MICROSECONDS", group, text_of(defaults.latency_us), "From host to host",
       [](const OptionText& t, AppOptions& o) { o.plan.latency_us = real_number(t, 0, 1e9); }});
}

void append_output(std::vector<OptionRow>& rows) {
  const char* const group = "Output";
  rows.push_back({"--out", "DIR", group, "none", "Receives report.json, model.safetensors",
                  [](const OptionText& t, AppOptions& o) { o.out = nonempty(t); }});
  rows.push_back({"--json", "FILE", group, "none", "Receives the report alone",
                  [](const OptionText& t, AppOptions& o) { o.json = nonempty(t); }});
  rows.push_back({"--trace", "FILE", group, "none", "Receives who did what when, for Perfetto",
                  [](const OptionText& t, AppOptions& o) { o.trace = nonempty(t); }});
  rows.push_back({"--trace-events", "N", group, text_of(AppOptions::kTraceEvents),
                  "Of each rank's trace, at most", [](const OptionText& t, AppOptions& o) {
                    o.session.trace_events = whole_number(t, 1, kMaxTraceEvents);
                  }});
}

}  // namespace

std::vector<OptionRow> option_table(const AppOptions& defaults) {
  std::vector<OptionRow> rows;
  append_data(rows);
  append_training(rows, defaults);
  append_protection(rows, defaults.session);
  append_run(rows, defaults);
  if (defaults.command == Command::kTrain) append_checkpoints(rows, defaults.checkpoint);
  append_output(rows);
  return rows;
}

std::vector<OptionRow> plan_option_table(const AppOptions& defaults) {
  constexpr std::string_view kUsed[] = {
      "--batch-size", "--micro-batches", "--wire-dtype", "--hops",      "--cell-size",
      "--padding",    "--aead",          "--schedule",   "--in-flight", "--json"};
  std::vector<OptionRow> rows;
  append_machines(rows, defaults.plan);
  for (OptionRow& row : option_table(defaults))
    if (std::ranges::find(kUsed, row.flag) != std::end(kUsed)) rows.push_back(std::move(row));
  return rows;
}

std::string help_text(const OptionRow& row) {
  return std::string(row.help) + " [" + row.fallback + "]";
}

std::string environment_name(const std::string& flag) {
  std::string name = "MIXNN_";
  for (const char c : flag.substr(2))
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

OptionText named(const std::string& flag, const std::string& text) {
  const std::string variable = environment_name(flag);
  const char* const value = std::getenv(variable.c_str());
  return {value != nullptr && text == value ? variable : flag, text};
}

}  // namespace mixnn
