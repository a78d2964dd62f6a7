#include "mixnn/app/options/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/app/options/environment.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/version.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kHelpColumn = 30;
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

bool runs_ranks(const Command& command) {
  return std::holds_alternative<RunsAsOwner>(command.runs);
}

// The option's text with the name under which the user gave it.
OptionText given_as(const OptionRow& row, const std::string& text) {
  const std::string variable = environment_name(row);
  const char* const value = std::getenv(variable.c_str());
  return {value != nullptr && text == value ? variable : row.flag, text};
}

// One command's part of the parser: the texts that CLI11 finds, until they are read in table order.
class CommandParser {
 public:
  CommandParser(CLI::App& app, const Command& command);
  bool chosen() const { return sub_->parsed(); }
  std::string help() const { return sub_->help("mixnn"); }
  AppOptions read() const;

 private:
  struct Given {
    const OptionRow* row;
    std::string text;
    bool flag = false;  // of a row that takes nothing
  };

  void add(Given& given);

  const Command& command_;
  AppOptions defaults_;
  std::deque<Given> given_;
  CLI::App* sub_;
  std::string model_;
  std::vector<std::string> words_;
};

CommandParser::CommandParser(CLI::App& app, const Command& command)
    : command_(command),
      defaults_(defaults_of(command)),
      sub_(app.add_subcommand(command.name, command.help)) {
  sub_->group("Commands");
  sub_->get_formatter()->column_width(kHelpColumn);
  sub_->get_formatter()->label("Positionals", "Arguments");
  if (command.takes_model)
    sub_->add_option("MODEL", model_, "JSON description of the network")->option_text(" ");
  if (*command.words != '\0')
    sub_->add_option(command.called, words_, command.words)->option_text(" ");
  for (const OptionRow* row : options_in(command.takes)) add(given_.emplace_back(Given{row, {}}));
  sub_->set_help_flag("-h,--help", "Print this help and exit")->group("Output");
  std::string footer = command.more;
  if (command.takes_model) footer += (footer.empty() ? "" : "\n\n") + std::string(kEnvironment);
  sub_->footer(footer);
}

void CommandParser::add(Given& given) {
  const OptionRow& row = *given.row;
  const std::string shown = default_text(row, defaults_), takes = takes_text(row);
  const std::string help = row.help + (shown.empty() ? "" : " [" + shown + "]");
  CLI::Option* const option = takes.empty() ? sub_->add_flag(row.flag, given.flag, help)
                                            : sub_->add_option(row.flag, given.text, help);
  option->option_text(takes.empty() ? " " : takes)
      ->envname(environment_name(row))
      ->group(row.group)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

AppOptions CommandParser::read() const {
  check_environment();
  AppOptions options = defaults_;
  if (command_.takes_model && model_.empty())
    throw UsageError(
        "MODEL is missing: name the JSON file of a network, such as models/mlp.json; see mixnn " +
        options.command + " --help");
  options.model = model_;
  options.words = words_;
  const std::uint64_t high = std::random_device{}(), low = std::random_device{}();
  options.training.seed =
      (high << 32 | low) >> 11;  // below 2^53: every reader of JSON has it exact
  for (const Given& given : given_)
    if (sub_->get_option(given.row->flag)->count() > 0) {
      options.given.insert(given.row->flag);
      read_option(*given.row,
                  takes_text(*given.row).empty()
                      ? OptionText{given.row->flag, given.flag ? "true" : "false"}
                      : given_as(*given.row, given.text),
                  options);
    }
  options.session.trace_events = options.trace.empty() ? 0 : options.trace_events;
  if (!options.trace.empty() && !runs_ranks(command_))
    throw UsageError("--trace shows the ranks of train and compare; " + options.command +
                     " has none");
  if (command_.takes_model && !options.automatic.micro_batches &&
      options.training.micro_batches > options.training.batch_size)
    throw UsageError("--micro-batches must be at most the batch size of " +
                     std::to_string(options.training.batch_size) + ", got " +
                     std::to_string(options.training.micro_batches));
  return options;
}

// CLI11 would only say that something was not expected.
void check_command(int argc, const char* const* argv) {
  std::string names;
  for (const Command& command : commands()) {
    if (argc > 1 && argv[1] == std::string_view(command.name)) return;
    names += (names.empty() ? "" : ", ") + std::string(command.name);
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
  for (const Command& command : commands())
    parsers.push_back(std::make_unique<CommandParser>(app, command));
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    for (const auto& parser : parsers)
      if (parser->chosen()) return Notice{tidy(parser->help())};
    return Notice{tidy(app.help())};
  } catch (const CLI::CallForVersion&) {
    return Notice{version_text() + "\n"};
  } catch (const CLI::ParseError& error) {
    throw UsageError(explained(error, app));
  }
  const auto chosen =
      std::find_if(parsers.begin(), parsers.end(), [](auto& p) { return p->chosen(); });
  return (*chosen)->read();
}

}  // namespace mixnn
