#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "mixnn/checkpoint/store.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

enum class Command { kTrain, kNode, kBaseline, kCompare, kPlan, kInfo };
std::string to_string(Command command);

// What was left to the program (session/automatic.hpp). Until settle() the numbers are not the ones
// of the run.
struct Automatic {
  bool micro_batches = false, in_flight = false;
};

// The machines that `plan` foretells a run for.
struct PlanOptions {
  std::size_t ranks = 0;  // 0: as few as are needed
  std::size_t cores = 0;  // of each host; 0: of this machine
  std::size_t hosts = 1;
  double bandwidth_mbit = 10'000, latency_us = 20;  // between hosts
};

// What one command line asks for, with the environment's MIXNN_... forms and the defaults filled
// in.
struct AppOptions {
  Command command = Command::kInfo;
  std::filesystem::path model;
  std::optional<std::filesystem::path> data;  // none: an installed data set
  std::size_t limit_train = 0;                // 0: all
  std::size_t limit_test = 0;                 // 0: all
  int threads = 0;                            // of the baseline; 0: the fastest count
  std::filesystem::path out;                  // folder of the results; empty: none
  std::filesystem::path json;                 // file of the report; empty: none
  static constexpr std::size_t kTraceEvents = 32768;
  std::filesystem::path trace;  // file of the trace; empty: none
  bool insecure_trace = false;  // even where another host may read it
  bool stats = false;
  bool quiet = false;
  TrainingOptions training;
  bool seed_given = false;  // else it was drawn
  bool sgd_given = false;   // --momentum or --weight-decay: not where MODEL names an optimizer
  SessionOptions session;
  CheckpointOptions checkpoint;
  Automatic automatic;
  PlanOptions plan;
};

// A text that was asked for instead of work: --help or --version.
struct Notice {
  std::string text;
};

// Reads the command line and the environment; touches nothing else. The seed is drawn at random
// where none is given. Throws UsageError that names the option, what it takes and what it got.
std::variant<AppOptions, Notice> parse_options(int argc, const char* const* argv);

std::string version_text();  // "mixnn 0.1.0"

}  // namespace mixnn
