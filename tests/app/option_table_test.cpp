#include "mixnn/app/options/option_table.hpp"

#include <gtest/gtest.h>

#include <set>

#include "mixnn/app/commands/command.hpp"

namespace mixnn {
namespace {

AppOptions trained_by(const char* command) { return defaults_of(find_command(command)); }

TEST(OptionTable, EveryNameIsThereOnce) {
  std::set<std::string> flags, variables, keys;
  std::size_t reported = 0;
  for (const OptionRow& row : option_table()) {
    flags.insert(row.flag);
    variables.insert(environment_name(row));
    if (row.report == nullptr) continue;
    keys.insert(row.report);
    ++reported;
  }
  EXPECT_EQ(flags.size(), option_table().size());
  EXPECT_EQ(variables.size(), option_table().size());
  EXPECT_EQ(keys.size(), reported);
  EXPECT_EQ(environment_name(option_row("--batch-size")), "MIXNN_BATCH_SIZE");
}

TEST(OptionTable, EveryOptionIsTakenBySomeCommand) {
  for (const OptionRow& row : option_table()) {
    bool taken = false;
    for (const Command& command : commands()) taken = taken || (command.takes & row.sets) != 0;
    EXPECT_TRUE(taken) << row.flag;
  }
}

// Whatever an option prints, it reads again as the same.
TEST(OptionTable, EveryOptionReadsWhatItPrints) {
  for (const OptionRow& row : option_table()) {
    AppOptions options;
    const std::string text = row.value.print(options);
    if (text.empty()) continue;
    row.value.parse({row.flag, text}, options);
    EXPECT_EQ(row.value.print(options), text) << row.flag;
  }
}

TEST(OptionTable, PrintsWhatWasGivenInOneForm) {
  const std::pair<const char*, std::pair<const char*, const char*>> cases[] = {
      {"--epochs", {"007", "7"}},
      {"--lr", {"0.10", "0.1"}},
      {"--lr", {"1e-1", "0.1"}},
      {"--weight-decay", {"1e-4", "0.0001"}},
      {"--momentum", {"0.123456789", "0.12345679"}},
      {"--seed", {"18446744073709551615", "18446744073709551615"}},
      {"--timeout", {"1.50", "1.5"}},
      {"--cell-size", {"auto", "auto"}},
      {"--threads", {"3", "3"}},
      {"--mix", {"threshold:3", "threshold:3:5"}},
      {"--pace", {"auto", "auto"}},
      {"--pace", {"0500", "500"}},
      {"--allowance", {"4", "4"}},
      {"--mix", {"threshold:1:9", "shuffle"}},
      {"--checkpoint-every", {"3e", "3e"}},
      {"--limit-train", {"12", "12"}},
      {"--wire-dtype", {"bfloat16", "bfloat16"}},
      {"--wire-dtype", {"int8", "int8"}},
      {"--out", {"a/b", "a/b"}},
      {"--quiet", {"true", "true"}}};
  for (const auto& [flag, texts] : cases) {
    AppOptions options;
    option_row(flag).value.parse({flag, texts.first}, options);
    EXPECT_EQ(option_row(flag).value.print(options), texts.second) << flag;
  }
}

TEST(OptionTable, EveryDefaultThatIsAValueIsAcceptedAndChangesNothing) {
  std::size_t read = 0;
  for (const OptionRow* row : options_in(find_command("train").takes)) {
    const AppOptions plain = trained_by("train");
    const std::string shown = default_text(*row, plain);
    if (shown.empty() || (row->unset != nullptr && shown == row->unset)) continue;
    AppOptions given = plain;
    read_option(*row, {row->flag, shown}, given);
    EXPECT_EQ(row->value.print(given), row->value.print(plain)) << row->flag;
    EXPECT_EQ(default_text(*row, given), shown) << row->flag;
    ++read;
  }
  EXPECT_GT(read, 20u);
}

TEST(OptionTable, AValueEndsThatItWasLeftOpenAndTheWordBringsItBack) {
  AppOptions options = trained_by("train");
  const OptionRow& row = option_row("--micro-batches");
  EXPECT_EQ(default_text(row, options), "auto");
  read_option(row, {row.flag, "3"}, options);
  EXPECT_FALSE(options.automatic.micro_batches);
  EXPECT_EQ(default_text(row, options), "3");
  read_option(row, {row.flag, "auto"}, options);
  EXPECT_TRUE(options.automatic.micro_batches);
}

}  // namespace
}  // namespace mixnn
