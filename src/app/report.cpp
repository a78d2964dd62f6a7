#include "mixnn/app/report.hpp"

#include <array>
#include <charconv>

#include "mixnn/app/option_names.hpp"
#include "mixnn/app/output_files.hpp"
#include "mixnn/train/model_file.hpp"

namespace mixnn {
namespace {

// The shortest decimal number that reads back as this float: 0.1, not 0.10000000149.
double decimal(float value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  double result = 0;
  std::from_chars(digits.data(), end, result);
  return result;
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

}  // namespace

Json start_report(const AppOptions& options, const Inputs& inputs, const Machine& machine) {
  Json report;
  report["version"] = version_text();
  report["command"] = to_string(options.command);
  report["model"] = inputs.model.name;
  report["data"] = inputs.data.name;
  report["train_samples"] = inputs.data.train.count();
  report["test_samples"] = inputs.data.test.count();
  report["epochs"] = options.training.epochs;
  report["batch_size"] = options.training.batch_size;
  report["micro_batches"] = options.training.micro_batches;
  report["learning_rate"] = decimal(options.training.learning_rate);
  report["lr_decay"] = to_string(options.training.lr_decay);
  report["momentum"] = decimal(options.training.momentum);
  report["weight_decay"] = decimal(options.training.weight_decay);
  report["seed"] = options.training.seed;
  report["machine"] = machine_json(machine);
  return report;
}

void add_session(Json& report, const AppOptions& options, const SessionFacts& facts, int ranks) {
  report["ranks"] = ranks;
  report["stages"] = facts.stages;
  report["relays"] = facts.relays;
  report["hops"] = options.session.hops;
  report["aead"] = facts.aead;
  report["cell_size"] = facts.cell_bytes;
  report["cells_per_message"] = facts.cells_per_message;
  report["padding"] = to_string(options.session.padding);
  report["schedule"] = to_string(options.session.schedule);
  report["mix"] = to_string(options.session.mix);
  report["in_flight"] = options.session.in_flight;
  report["timeout_s"] = seconds(options.session.timeout);
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
  json["threads"] = record.threads;
  json["wall_s"] = record.wall_s();
  json["samples_per_s"] = record.samples_per_s();
  json["test_accuracy"] = record.last().test.accuracy;
  json["test_loss"] = record.last().test.loss;
  json["parameters_sha256"] = record.sha256;
  for (const Record::Epoch& epoch : record.epochs) {
    json["epoch_walls_s"].push_back(epoch.train.wall_s);
    json["train_losses"].push_back(epoch.train.train_loss);
    json["train_accuracies"].push_back(epoch.train.train_accuracy);
    json["test_accuracies"].push_back(epoch.test.accuracy);
  }
}

void add_totals(Json& report, const SessionTotals& totals) {
  Json& json = report["mixnn"];
  json["cells"] = totals.cells;
  json["bytes_on_wire"] = totals.bytes_on_wire;
  json["cells_forwarded"] = totals.forwarded;
  json["cells_delivered"] = totals.delivered;
  json["cells_rejected"] = totals.rejected;
}

void add_comparison(Json& report, const Comparison& comparison) {
  report["slowdown"] = comparison.slowdown;
  report["accuracy_difference"] = comparison.accuracy_difference;
  report["bit_identical"] = comparison.bit_identical;
}

void write_results(const AppOptions& options, const Json& report, const ModelSpec& model,
                   const std::vector<std::vector<float>>& parameters) {
  const std::string text = report.dump(2) + "\n";
  if (!options.out.empty()) {
    save_safetensors(options.out / "model.safetensors", model, parameters);
    write_file(options.out / "report.json", text);
  }
  if (!options.json.empty()) write_file(options.json, text);
}

}  // namespace mixnn
