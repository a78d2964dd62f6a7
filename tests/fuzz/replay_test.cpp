// The committed corpora as plain tests. What a fuzzer has found once stands among them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "fuzz/target.hpp"

namespace mixnn::fuzzing {
namespace {

namespace fs = std::filesystem;

fs::path corpora() { return fs::path(MIXNN_SOURCE_DIR) / "tests/fuzz/corpus"; }

Input read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const ConstBytes bytes = bytes_of(std::string_view(text));
  return {bytes.begin(), bytes.end()};
}

class Corpus : public ::testing::TestWithParam<const Target*> {};

TEST_P(Corpus, IsPlayedWithoutACrash) {
  const Target& target = *GetParam();
  const fs::path folder = corpora() / target.name;
  ASSERT_TRUE(fs::is_directory(folder)) << "write it: build/fuzz_corpus tests/fuzz/corpus";
  bool through = false;
  for (const auto& file : fs::directory_iterator(folder)) {
    SCOPED_TRACE(file.path());
    const Input input = read(file);
    EXPECT_LE(input.size(), target.longest);
    through = target.run(input) || through;
  }
  EXPECT_TRUE(through) << "formats have changed and none of these gets through any more; write "
                          "them anew: build/fuzz_corpus tests/fuzz/corpus";
}

TEST_P(Corpus, EveryHonestInputGetsThrough) {
  const Target& target = *GetParam();
  const std::vector<Input> seeds = target.seeds();
  EXPECT_FALSE(seeds.empty());
  for (std::size_t i = 0; i < seeds.size(); ++i) EXPECT_TRUE(target.run(seeds[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, ::testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& one) { return std::string(one.param->name); });

TEST(Corpora, NoneIsOfATargetThatIsGone) {
  std::set<std::string> folders, names;
  for (const auto& folder : fs::directory_iterator(corpora()))
    folders.insert(folder.path().filename().string());
  for (const Target* target : targets()) names.insert(target->name);
  EXPECT_EQ(folders, names);
}

}  // namespace
}  // namespace mixnn::fuzzing
