#include "mixnn/app/options/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

struct CommandRow {
  Command command;
  const char* name;
  const char* help;
};
constexpr std::array kCommands{
    CommandRow{Command::kTrain, "train", "Train MODEL across the ranks, through the relays"},
    CommandRow{Command::kNode, "node", "Serve an owner as stage host or relay, whichever it says"},
    CommandRow{Command::kBaseline, "baseline", "Train MODEL in one process, without MPI"},
    CommandRow{Command::kCompare, "compare", "Both, epoch by epoch, with the same data and seed"},
    CommandRow{Command::kPlan, "plan", "Foretell step time and slowdown, without training"},
    CommandRow{Command::kInfo, "info", "Show versions, CPU, AEAD and BLAS kernels"}};

constexpr const char* kExamples =
    "Examples:\n"
    "  mpirun -n 8 --oversubscribe mixnn compare models/mlp.json\n"
    "  mpirun -n 1 mixnn train models/mlp.json : -n 7 mixnn node\n"
    "  mixnn baseline models/mlp.json --epochs 2\n"
    "  mixnn plan models/mlp.json --ranks 8\n"
    "\n'mixnn COMMAND --help' lists the options of a command.";
constexpr const char* kEnvironment =
    "Every option has an environment form: --batch-size is MIXNN_BATCH_SIZE.\n"
    "The command line comes first.";
constexpr const char* kNode =
    "A node learns what to do from the owner, rank 0 of the job:\n"
    "  mpirun -n 1 mixnn train models/mlp.json : -n 7 mixnn node";

bool takes_model(Command command) { return command != Command::kNode && command != Command::kInfo; }

bool takes_session(Command command) {
  return takes_model(command) && command != Command::kBaseline;
}

bool runs_ranks(Command command) {
  return command == Command::kTrain || command == Command::kCompare;
}

AppOptions defaults_of(Command command) {
  AppOptions options;
  options.command = command;
  // Whole batches are what a single process does fastest.
  if (command == Command::kBaseline) options.training.micro_batches = 1;
  options.automatic.micro_batches = options.automatic.in_flight = takes_session(command);
  return options;
}

// One command's part of the parser: the texts that CLI11 finds, until they are read in table order.
struct CommandParser {
  CommandParser(CLI::App& app, const CommandRow& row);
  AppOptions read() const;

  AppOptions defaults;
  std::vector<OptionRow> rows;
  std::vector<std::string> texts;
  CLI::App* sub;
  std::string model;
  bool quiet = false, stats = false, insecure_trace = false;

 private:
  void add_flag(const char* flag, bool& value, const char* help);
};

CommandParser::CommandParser(CLI::App& app, const CommandRow& row)
    : defaults(defaults_of(row.command)),
      rows(row.command == Command::kPlan ? plan_option_table(defaults)
           : takes_model(row.command)    ? option_table(defaults)
                                         : std::vector<OptionRow>{}),
      texts(rows.size()),
      sub(app.add_subcommand(row.name, row.help)) {
  sub->group("Commands");
  sub->get_formatter()->column_width(kHelpColumn);
  sub->get_formatter()->label("Positionals", "Arguments");
  if (takes_model(row.command))
    sub->add_option("MODEL", model, "JSON description of the network")->option_text(" ");
  for (std::size_t i = 0; i < rows.size(); ++i)
    sub->add_option(rows[i].flag, texts[i], help_text(rows[i]))
        ->option_text(rows[i].takes)
        ->envname(environment_name(rows[i].flag))
        ->group(rows[i].group)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  if (runs_ranks(row.command)) {
    add_flag("--insecure-trace", insecure_trace, "Trace even with ranks on other hosts");
    add_flag("--stats", stats, "Print time and memory by role");
  }
  add_flag("--quiet", quiet, "Print nothing but errors");
  sub->set_help_flag("-h,--help", "Print this help and exit")->group("Output");
  sub->footer(row.command == Command::kNode ? kNode : takes_model(row.command) ? kEnvironment : "");
}

void CommandParser::add_flag(const char* flag, bool& value, const char* help) {
  sub->add_flag(flag, value, help)
      ->option_text(" ")
      ->envname(environment_name(flag))
      ->group("Output")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

AppOptions CommandParser::read() const {
  AppOptions options = defaults;
  options.quiet = quiet;
  options.stats = stats;
  options.insecure_trace = insecure_trace;
  if (takes_model(options.command) && model.empty())
    throw UsageError(
        "MODEL is missing: name the JSON file of a network, such as models/mlp.json; see mixnn " +
        to_string(options.command) + " --help");
  options.model = model;
  options.training.seed = (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (sub->get_option(rows[i].flag)->count() > 0)
      rows[i].apply(named(rows[i].flag, texts[i]), options);
  if (options.trace.empty())
    options.session.trace_events = 0;
  else if (!runs_ranks(options.command))
    throw UsageError("--trace shows the ranks of train and compare; " + to_string(options.command) +
                     " has none");
  else if (options.session.trace_events == 0)
    options.session.trace_events = AppOptions::kTraceEvents;
  if (takes_model(options.command) && !options.automatic.micro_batches &&
      options.training.micro_batches > options.training.batch_size)
    throw UsageError("--micro-batches must be at most the batch size of " +
                     std::to_string(options.training.batch_size) + ", got " +
                     std::to_string(options.training.micro_batches));
  return options;
}

// CLI11 would only say that something was not expected.
void check_command(int argc, const char* const* argv) {
  std::string names;
  for (const CommandRow& row : kCommands) {
    if (argc > 1 && argv[1] == std::string_view(row.name)) return;
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  if (argc < 2) throw UsageError("COMMAND is missing: one of " + names + "; see mixnn --help");
  const std::string first = argv[1];
  if (first[0] != '-')
    throw UsageError("unknown command '" + first + "': it is one of " + names +
                     "; see mixnn --help");
  if (first != "-h" && first != "--help" && first != "--version")
    throw UsageError("unexpected argument: " + first + "; see mixnn --help");
}

// CLI11 leaves two empty lines between groups.
std::string tidy(std::string help) {
  for (std::size_t at; (at = help.find("\n\n\n")) != std::string::npos;) help.erase(at, 1);
  return help;
}

// CLI11's message in the words of ours.
std::string explained(const CLI::ParseError& error, const CLI::App& app) {
  const std::string what = error.what();
  std::string command;
  for (const CLI::App* sub : app.get_subcommands()) command += sub->get_name() + " ";
  const std::string see = "; see mixnn " + command + "--help";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    return "unexpected argument" + what.substr(std::min(what.find(':'), what.size())) + see;
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return what.substr(0, what.find(':')) + " needs a value" + see;
  return what + see;
}

}  // namespace

std::string to_string(Command command) {
  const auto* row = std::find_if(kCommands.begin(), kCommands.end(),
                                 [&](auto& r) { return r.command == command; });
  return row->name;
}

std::variant<AppOptions, Notice> parse_options(int argc, const char* const* argv) {
  check_command(argc, argv);
  CLI::App app("Neural network training over onion-encrypted mix relays", "mixnn");
  app.get_formatter()->column_width(kHelpColumn);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", version_text(), "Print the version and exit");
  app.footer(kExamples);
  app.require_subcommand(1);
  std::vector<std::unique_ptr<CommandParser>> parsers;
  for (const CommandRow& row : kCommands)
    parsers.push_back(std::make_unique<CommandParser>(app, row));
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    for (const auto& parser : parsers)
      if (parser->sub->parsed()) return Notice{tidy(parser->sub->help("mixnn"))};
    return Notice{tidy(app.help())};
  } catch (const CLI::CallForVersion&) {
    return Notice{version_text() + "\n"};
  } catch (const CLI::ParseError& error) {
    throw UsageError(explained(error, app));
  }
  const auto chosen =
      std::find_if(parsers.begin(), parsers.end(), [](auto& p) { return p->sub->parsed(); });
  return (*chosen)->read();
}

}  // namespace mixnn
