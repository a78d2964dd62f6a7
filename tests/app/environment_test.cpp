#include "mixnn/app/options/environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "mixnn/app/options/options.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

// What a command says with these variables set.
std::string said(const std::map<std::string, std::string>& variables,
                 std::vector<const char*> arguments = {"mixnn", "node"}) {
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  std::string text = "accepted";
  try {
    parse_options(static_cast<int>(arguments.size()), arguments.data());
  } catch (const UsageError& error) {
    text = error.what();
  }
  for (const auto& [name, value] : variables) ::unsetenv(name.c_str());
  return text;
}

TEST(Environment, AMisspeltSettingWasIgnored) {
  EXPECT_EQ(said({{"MIXNN_BATCHSIZE", "32"}}, {"mixnn", "train", "m.json"}),
            "MIXNN_BATCHSIZE in the environment is no setting: the nearest is MIXNN_BATCH_SIZE");
  EXPECT_EQ(said({{"MIXNN_HELPER", "0"}}),
            "MIXNN_HELPER in the environment is no setting: the nearest is MIXNN_HELPERS");
  EXPECT_EQ(said({{"MIXNN_SEEDS", "0"}, {"MIXNN_EPOCH", "2"}}, {"mixnn", "info"}),
            "MIXNN_EPOCH in the environment is no setting: the nearest is MIXNN_EPOCHS; "
            "MIXNN_SEEDS in the environment is no setting: the nearest is MIXNN_SEED");
}

TEST(Environment, WhatModulesAndScriptsSetIsLetPass) {
  EXPECT_EQ(said({{"MIXNN_HOME", "/opt/mixnn"}, {"MIXNN_DIR", "/opt"}, {"MIXNN_ROOT", "/opt"}}),
            "accepted");
  EXPECT_EQ(said({{"MIXNN_LAUNCH", "srun"}, {"MIXNN_LINK_COMMAND", "x"}}), "accepted");
  EXPECT_EQ(said({{"MIXNN_BATCH_SIZE", "32"}}), "accepted") << "an option that node does not take";
  EXPECT_EQ(said({{"MIXNNBATCHSIZE", "32"}, {"XMIXNN_BATCHSIZE", "32"}}), "accepted");
  EXPECT_EQ(said({{"MIXNN_BATCHSIZE", ""}}), "accepted") << "as good as not set";
}

TEST(Environment, HelpIsThereWhateverIsSet) {
  EXPECT_EQ(said({{"MIXNN_BATCHSIZE", "32"}}, {"mixnn", "--help"}), "accepted");
  EXPECT_EQ(said({{"MIXNN_BATCHSIZE", "32"}}, {"mixnn", "train", "--help"}), "accepted");
}

TEST(Environment, ABackendThatDoesNotExistWasIgnored) {
  EXPECT_EQ(said({{"MIXNN_AEAD_BACKEND", "sodium"}}),
            "MIXNN_AEAD_BACKEND must be 'best' or 'libsodium', got 'sodium'");
  EXPECT_EQ(said({{"MIXNN_AEAD_BACKEND", "libsodium"}}), "accepted");
  EXPECT_EQ(said({{"MIXNN_AEAD_BACKEND", "best"}}), "accepted");
}

TEST(Environment, TheNearestIsTheOneThatIsMeant) {
  const std::map<std::string, std::string> meant = {{"MIXNN_BATCH", "MIXNN_BATCH_SIZE"},
                                                    {"MIXNN_MICROBATCHES", "MIXNN_MICRO_BATCHES"},
                                                    {"MIXNN_NUM_EPOCHS", "MIXNN_EPOCHS"},
                                                    {"MIXNN_SEDE", "MIXNN_SEED"},
                                                    {"MIXNN_OUTPUT", "MIXNN_OUT"},
                                                    {"MIXNN_CHECKPOINT_DIR", "MIXNN_CHECKPOINT"},
                                                    {"MIXNN_KEY", "MIXNN_CHECKPOINT_KEY"},
                                                    {"MIXNN_THREAD", "MIXNN_THREADS"},
                                                    {"MIXNN_TIME_OUT", "MIXNN_TIMEOUT"},
                                                    {"MIXNN_batch_size", "MIXNN_BATCH_SIZE"},
                                                    {"MIXNN_WIRE_DTYPES", "MIXNN_WIRE_DTYPE"}};
  for (const auto& [name, known] : meant) EXPECT_EQ(nearest_variable(name), known) << name;
  EXPECT_NE(nearest_variable("MIXNN_"), "");
}

// What is read somewhere, and is not in the list, would be refused by the program.
TEST(Environment, EveryVariableOfProgramAndScriptsIsKnown) {
  const fs::path root = MIXNN_SOURCE_DIR;
  const std::vector<std::string> known = known_variables();
  std::size_t found = 0;
  // Names that stand by themselves: not within a longer word, and not as -DMIXNN_..., for CMake. In
  // sources they are quoted.
  const auto look_into = [&](const fs::path& file, bool quoted) {
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_", kPrefix = "MIXNN_";
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    const std::string content = text.str();
    for (std::size_t at = content.find(kPrefix); at != std::string::npos;) {
      const std::size_t end = std::min(content.find_first_not_of(kLetters, at), content.size());
      const std::string name = content.substr(at, end - at);
      const char before = at > 0 ? content[at - 1] : ' ',
                 after = end < content.size() ? content[end] : ' ';
      const bool alone = quoted
                             ? before == '"' && after == '"'
                             : !std::isalnum(static_cast<unsigned char>(before)) && before != '_';
      if (alone && name.size() > kPrefix.size() && name[kPrefix.size()] != '_') {
        ++found;
        EXPECT_NE(std::ranges::find(known, name), known.end()) << file << ": " << name;
      }
      at = content.find(kPrefix, end);
    }
  };
  look_into(root / "Makefile.slurm", false);
  for (const char* const folder : {"jobs", "bench", "tests/slurm"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder))
      for (const char* const kind : {".sh", ".sbatch", ".py", ".md"})
        if (entry.path().extension() == kind) look_into(entry.path(), false);
  for (const auto& entry : fs::recursive_directory_iterator(root / "src"))
    if (entry.path().extension() == ".cpp") look_into(entry.path(), true);
  EXPECT_GT(found, 50u);
}

}  // namespace
}  // namespace mixnn
