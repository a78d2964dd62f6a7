#include "mixnn/app/reference/page.hpp"

#include <sstream>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/report/report_keys.hpp"
#include "mixnn/base/exit_code.hpp"

namespace mixnn {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string code(const std::string& text) { return "`" + text + "`"; }

ReferenceSection commands_section() {
  ReferenceSection section{
      1,
      "Commands",
      "COMMANDS",
      "`mixnn COMMAND --help` lists the options of a command, `mixnn --version` "
      "prints the version.",
      {"Command", "Does"},
      {}};
  for (const Command& command : commands())
    section.rows.push_back({code(command.name + std::string(command.takes_model ? " MODEL" : "") +
                                 (*command.words != '\0' ? std::string(" ") + command.called : "")),
                            command.help});
  return section;
}

ReferenceSection examples_section() {
  return {1,
          "Examples",
          "EXAMPLES",
          "",
          {},
          {},
          "mpirun -n 8 --oversubscribe mixnn compare models/mlp.json\n"
          "mpirun -n 1 mixnn train models/mlp.json : -n 7 mixnn node\n"
          "mixnn baseline models/mlp.json --epochs 2\n"
          "mixnn plan models/mlp.json --ranks 8\n"};
}

std::string takers(const OptionRow& row) {
  std::string names;
  for (const Command& command : commands())
    if ((command.takes & row.sets) != 0)
      names += (names.empty() ? "" : ", ") + std::string(command.name);
  return names;
}

// That of the first command that takes it, and those of others if they differ.
std::string defaults_text(const OptionRow& row) {
  std::string first, text;
  bool known = false;
  for (const Command& command : commands()) {
    if ((command.takes & row.sets) == 0) continue;
    const std::string shown = default_text(row, defaults_of(command));
    if (!known) text = first = shown;
    known = true;
    if (shown != first) text += std::string("; ") + command.name + ": " + shown;
  }
  return text;
}

// One section for each group, in table order.
void append_options(std::vector<ReferenceSection>& sections) {
  sections.push_back({1,
                      "Options",
                      "OPTIONS",
                      "An option is given on the command line or in the environment; the command "
                      "line comes first, and the last of a repeated option counts. A flag, which "
                      "takes nothing, is `true` or `false` in the environment.",
                      {},
                      {}});
  for (const OptionRow& row : option_table()) {
    if (sections.back().title != row.group)
      sections.push_back({2,
                          row.group,
                          row.group,
                          "",
                          {"Option", "Is", "Default", "Environment", "Commands"},
                          {}});
    const std::string takes = takes_text(row);
    sections.back().rows.push_back({code(row.flag + (takes.empty() ? "" : " " + takes)), row.help,
                                    defaults_text(row), code(environment_name(row)), takers(row)});
  }
}

ReferenceSection environment_section() {
  return {1,
          "Environment",
          "ENVIRONMENT",
          "Besides the forms of the options. None of these changes a trained bit, but for "
          "`OPENBLAS_CORETYPE`.",
          {"Variable", "Is"},
          Rows{{"`MIXNN_WAIT=doorbell|poll`",
                "how ranks of one host wait for each other: by seats and a doorbell, which is the "
                "choice "
                "if ranks outnumber cores, or by polling"},
               {"`MIXNN_CELLS=shared|copied`",
                "how ranks of one host hand cells over: in memory that they share, which is the "
                "default, "
                "or through MPI"},
               {"`MIXNN_HELPERS=N`",
                "threads that help a rank with its matrix products on idle cores, 0 to 63; 3 by "
                "default"},
               {"`MIXNN_AEAD_BACKEND=libsodium`",
                "seal with libsodium even if ipsec-mb was found at build time"},
               {"`OPENBLAS_CORETYPE=NAME`",
                "OpenBLAS's kernels; if it is not set and OpenBLAS has chosen slow ones, the "
                "program sets "
                "it by itself. The same bits need the same kernels on all ranks"},
               {"`ONEDNN_MAX_CPU_ISA=NAME`",
                "instructions that oneDNN, which convolves, may use, such as AVX2. The same bits "
                "need the same on all ranks"}}};
}

ReferenceSection files_section() {
  return {
      1,
      "Files",
      "FILES",
      "Results are readable by their owner alone, and are whole or absent; a log is written row by "
      "row.",
      {"File", "Is"},
      Rows{
          {"`DIR/report.json`", "of `--out DIR`: the report; whole numbers above 2^53 are strings"},
          {"`DIR/model.safetensors`", "of `--out DIR`: the parameters, with PyTorch's names"},
          {"`DIR/RUN/events.out.tfevents.*`",
           "of `--tensorboard DIR`: one file a job and run, for TensorBoard"},
          {"`DIR/checkpoint-NUMBER.manifest`",
           "of `--checkpoint DIR`: what binds a checkpoint together, sealed by rank 0"},
          {"`DIR/*.shard`", "of `--checkpoint DIR`: one stage, sealed by its host; random names"},
          {"`DIR/lock`, `DIR/lock.held`",
           "of `--checkpoint DIR`: held while a job uses the folder"},
          {"`$XDG_STATE_HOME/mixnn/checkpoint.key`",
           "the key of the checkpoints, if `--checkpoint-key` names none; "
           "`~/.local/state/mixnn/checkpoint.key` if the variable is not set"},
          {"`$XDG_CONFIG_HOME/mixnn/identity.HOST`",
           "this machine's key, by `keygen` or by an owner's `roster add`; the folder is "
           "`~/.config/mixnn` if the variable is not set"},
          {"`$XDG_CONFIG_HOME/mixnn/owners.HOST`", "the owners whom this machine knows"},
          {"`$XDG_CONFIG_HOME/mixnn/roster`",
           "the machines that the owner trusts, if `--roster` names no other file"},
          {"`FILE.lock`", "beside roster and owners: held while somebody changes FILE"},
          {"`KEY.runs/*`",
           "beside the key: what opens each training's checkpoints, and which is the last"}}};
}

ReferenceSection exit_section() {
  const auto number = [](int value) { return code(std::to_string(value)); };
  return {1,
          "Exit codes",
          "EXIT STATUS",
          "A job prints one message, whatever its number of ranks.",
          {"Code", "Is"},
          Rows{{number(kExitSuccess), "success"},
               {number(kExitRunFailed), "the run failed"},
               {number(kExitBadInput), "usage or bad input"},
               {number(kExitToBeContinued),
                "checkpointed, to be continued: the same command goes on from there"}}};
}

// Keys that stand for options come last: they are the options' values.
ReferenceSection keys_section(const std::string& title, std::span<const ReportKey> keys,
                              OptionSets sets) {
  ReferenceSection section{2, title, title, "", {"Key", "Is"}, {}};
  for (const ReportKey& key : keys) section.rows.push_back({code(key.path), key.is});
  for (const OptionRow* row : options_in(sets))
    if (row->report != nullptr)
      section.rows.push_back({code(row->report), "the value of " + code(row->flag)});
  return section;
}

void append_report(std::vector<ReferenceSection>& sections) {
  sections.push_back(
      {1,
       "Report",
       "JSON REPORT",
       "`--json FILE` and `--out DIR` receive JSON. A dot goes into an object or into "
       "the objects of a list, and `*` is `baseline`, `reference` or `mixnn`. Keys of "
       "options, at the end, have the value that the run had.",
       {},
       {}});
  sections.push_back(
      keys_section("Of train, baseline and compare", report_keys(), kForTraining | kForBest));
  sections.push_back(keys_section("Of plan", plan_keys(), kForForecast));
  sections.push_back(keys_section("Of audit", audit_keys(), kForAudit));
}

}  // namespace

std::vector<ReferenceSection> reference_sections() {
  std::vector<ReferenceSection> sections{commands_section()};
  append_options(sections);
  sections.push_back(environment_section());
  sections.push_back(files_section());
  sections.push_back(exit_section());
  sections.push_back(examples_section());
  append_report(sections);
  return sections;
}

std::vector<std::string> word_lines(const std::string& text, std::size_t columns,
                                    bool by_sentence) {
  std::vector<std::string> lines{""};
  std::istringstream words(text);
  bool ended = false;
  for (std::string word; words >> word; ended = word.back() == '.') {
    std::string& line = lines.back();
    const bool full = line.size() + 1 + word.size() > columns;
    if (!line.empty() && (full || (by_sentence && ended)))
      lines.push_back(word);
    else
      line += (line.empty() ? "" : " ") + word;
  }
  return lines;
}

}  // namespace mixnn
