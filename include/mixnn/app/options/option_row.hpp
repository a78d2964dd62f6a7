#pragma once
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "mixnn/app/options/option_value.hpp"

namespace mixnn {

// Sets of options. A command takes some sets; an option is in one or more.
using OptionSets = unsigned;
inline constexpr OptionSets kForAll = 1u << 0;       // every command
inline constexpr OptionSets kForTraining = 1u << 1;  // what trains, in one process or across ranks
inline constexpr OptionSets kForRanks = 1u << 2;     // what works across ranks
inline constexpr OptionSets kForCheckpoints = 1u << 3;  // what can be stopped and gone on with
inline constexpr OptionSets kForForecast = 1u << 4;     // what predicts a run
inline constexpr OptionSets kForReference = 1u << 5;    // what prints the reference
inline constexpr OptionSets kForNodes = 1u << 6;        // what serves an owner
inline constexpr OptionSets kForPeers = 1u << 7;        // what is a rank of a job
inline constexpr OptionSets kForEnrolment = 1u << 8;    // what keeps a roster
inline constexpr OptionSets kForKeys = 1u << 9;         // what makes a key
inline constexpr OptionSets kForTrained = 1u << 10;     // what works with a trained network
inline constexpr OptionSets kForEvaluation = 1u << 11;  // what measures one
inline constexpr OptionSets kForPrediction = 1u << 12;  // what writes its outputs
inline constexpr OptionSets kForSamples = 1u << 13;     // what takes samples of a data set to one
inline constexpr OptionSets kForSaved = 1u << 14;       // what reads a checkpoint, and writes none
inline constexpr OptionSets kForExport = 1u << 15;      // what writes the weights of one
inline constexpr OptionSets kForBest = 1u << 16;        // what trains by itself, so may stop early
inline constexpr OptionSets kForGeneration = 1u << 17;  // what goes on with a text
inline constexpr OptionSets kForWireLogs = 1u << 18;    // what trains across ranks, and its nodes
inline constexpr OptionSets kForAudit = 1u << 19;       // what looks at wire logs

// A value that the user may leave to the program, by a word or by saying nothing.
struct LeftOpen {
  const char* word;  // "auto"
  std::function<bool(const AppOptions&)> get;
  std::function<void(AppOptions&, bool)> set;
};
template <class Field>
LeftOpen left_open(const char* word, Field field) {
  return {word, [=](const AppOptions& options) { return field(options); },
          [=](AppOptions& options, bool open) { field(options) = open; }};
}

// The trained bits follow from the option: a checkpoint is gone on from only with the same value,
// or if the value was left open.
struct DecidesBits {
  bool (*now)(const AppOptions&) = [](const AppOptions&) { return true; };
  const char* hint = "";  // ends the message that the values differ
};

// Where the heading of a run shows an option. Pieces of one line are separated by commas; one that
// begins with a space goes on where the last ended, and an empty one is left out.
struct Heading {
  const char* line = "";  // the line's name, such as "training"; empty: nowhere
  std::string (*piece)(const AppOptions&) = nullptr;
};

// The line of learning rate and optimizer. If MODEL names another optimizer than SGD, the line has
// that one's name and numbers.
inline constexpr const char* kOptimizerLine = "sgd";

// Everything about one option. What only uses options goes over the rows: the parser and its help,
// the reference, the heading of a run, its report, its identity, the plan.
struct OptionRow {
  const char* flag;  // "--epochs"
  const char* help;
  OptionSets sets;
  OptionValue value;
  const char* takes = nullptr;  // in place of the value's own text
  const char* unset = nullptr;  // what the default means if it has no text, such as "none"
  std::optional<LeftOpen> open = {};
  std::optional<DecidesBits> bits = {};
  Heading heading = {};
  const char* report = nullptr;  // its key in reports; null: none
  bool of_session = false;       // only a run across ranks has it in heading and report
  // False: a value that nothing uses, so heading, report and run identity leave it out.
  bool (*applies)(const AppOptions&) = [](const AppOptions&) { return true; };
  const char* group = "";  // of help and reference: the table fills it in
};

std::string takes_text(const OptionRow& row);
// As help and reference show it; empty for a flag.
std::string default_text(const OptionRow& row, const AppOptions& defaults);
std::string environment_name(const OptionRow& row);  // --batch-size: MIXNN_BATCH_SIZE
// Reads what the user gave for it. Throws UsageError.
void read_option(const OptionRow& row, const OptionText& given, AppOptions& options);

}  // namespace mixnn
