#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mixnn/app/options/audit_options.hpp"
#include "mixnn/app/options/identity_options.hpp"
#include "mixnn/checkpoint/store.hpp"
#include "mixnn/data/normalization.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// What was left to the program (session/automatic.hpp). Until settle() the numbers are not the ones
// of the run.
struct Automatic {
  bool micro_batches = false, in_flight = false, allowance = false, seed = false;
};

// The machines that `plan` predicts a run for.
struct PlanOptions {
  std::size_t ranks = 0;  // 0: as few as are needed
  std::size_t cores = 0;  // of each host; 0: of this machine
  std::size_t hosts = 1;
  double bandwidth_mbit = 10'000, latency_us = 20;  // between hosts
};

// What `predict` writes for each sample. kAuto: a class where the loss knows classes, else outputs.
enum class PredictionForm { kAuto, kClasses, kProbabilities, kOutputs };

// What is to be known of a trained network.
struct TrainedOptions {
  std::size_t top_k = 5;
  std::filesystem::path predictions;
  PredictionForm form = PredictionForm::kAuto;
  std::filesystem::path input;  // samples to predict; empty: the test set
};

// What `generate` goes on with, and how.
struct GenerationOptions {
  std::string prompt, prompt_tokens;  // the second as numbers with commas between them
  std::size_t tokens = 200;
  double temperature = 1;
};

// What `reference` prints.
struct ReferenceOptions {
  bool man = false, markdown = false;
};

// At this rate a host that lies all the time is found after 3200 steps on average.
inline SessionOptions checked_session() {
  SessionOptions session;
  session.spot_checks = 0.01;
  return session;
}

// Of the optimizer, for a MODEL that names none; SGD's momentum and decay are among the settings of
// the training. settle() makes the optimizer.
enum class OptimizerChoice { kSgd, kAdam, kAdamW };
struct OptimizerOptions {
  OptimizerChoice choice = OptimizerChoice::kSgd;
  bool nesterov = false;
  std::pair<double, double> betas{0.9, 0.999};
  float eps = 1e-8f;
  bool decay_matrices_only = false;
};

// The ends of the network that the owner computes itself: as MODEL says, or the first and the last
// stage, or as many as MODEL keeps there.
enum class OwnerEnds { kModel, kNone, kFirst, kLast, kBoth };

// How samples are normalized.
struct Normalize {
  enum class How { kNone, kComputed, kGiven } how = How::kNone;
  Normalization by = {};  // if they are given
};

// What one command line asks for, with the environment's MIXNN_... forms and the defaults filled
// in.
struct AppOptions {
  std::string command;          // its name
  std::set<std::string> given;  // flags of the options that the user gave
  std::filesystem::path model;
  std::optional<std::filesystem::path> data;  // none: an installed data set
  std::string data_format;                    // its name; empty: by what is in the folder
  std::string target;                         // column of CSV files; empty: the last
  double validation = 0;                      // share of the training set; 0: none
  Normalize normalize;
  std::size_t limit_train = 0;    // 0: all
  std::size_t limit_test = 0;     // 0: all
  std::filesystem::path weights;  // to start from; empty: drawn by the seed
  std::size_t stages = 0;         // of a MODEL that leaves them open; 0: the usual number
  OwnerEnds owner_ends = OwnerEnds::kModel;
  int threads = 0;                    // of the baseline; 0: the fastest count
  std::filesystem::path out;          // folder of the results; empty: none
  std::filesystem::path json;         // file of the report; empty: none
  std::filesystem::path log;          // file of every step and epoch; empty: none
  std::filesystem::path tensorboard;  // folder of the same for TensorBoard; empty: none
  std::filesystem::path keep_best;    // file of the best epoch's weights; empty: none
  std::size_t early_stop = 0;         // epochs without a better one; 0: they do not end a training
  std::filesystem::path trace;        // file of the trace; empty: none
  std::size_t trace_events = 32768;   // of each rank, if there is a trace
  std::filesystem::path wire_log;     // folder of every rank's cells; empty: none
  bool insecure_trace = false;        // both even if another host may read them
  bool stats = false;
  bool quiet = false;
  TrainingOptions training;
  OptimizerOptions optimizer_options;
  std::optional<Optimizer> optimizer;  // if it is another than plain SGD; by settle()
  SessionOptions session = checked_session();
  CheckpointOptions checkpoint;
  IdentityOptions identity;
  EnrolmentOptions enrolment;
  std::vector<std::string> words;  // that the command takes besides options
  Automatic automatic;
  TrainedOptions trained;
  GenerationOptions generation;
  PlanOptions plan;
  AuditOptions audit;
  ReferenceOptions reference;
};

// A text that was asked for instead of work: --help or --version.
struct Notice {
  std::string text;
};

// Reads the command line and the environment; touches nothing else. The seed is drawn at random
// if none is given. Throws UsageError that names the option, what it takes and what it got.
std::variant<AppOptions, Notice> parse_options(int argc, const char* const* argv);

}  // namespace mixnn
