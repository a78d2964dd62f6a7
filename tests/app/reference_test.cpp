#include "mixnn/app/commands/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/reference/man.hpp"
#include "mixnn/app/reference/markdown.hpp"
#include "mixnn/app/reference/page.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using testing::HasSubstr;

std::string printed_reference(bool man, bool markdown) {
  AppOptions options;
  options.reference = {man, markdown};
  return reference_text(options);
}

std::string file_text(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Reference, NamesEveryCommandOptionAndVariable) {
  const std::string text = printed_reference(false, true);
  for (const Command& command : commands())
    EXPECT_THAT(text, HasSubstr(std::string("| `") + command.name));
  for (const OptionRow& row : option_table()) {
    EXPECT_THAT(text, HasSubstr(std::string("| `") + row.flag));
    EXPECT_THAT(text, HasSubstr(std::string("`").append(environment_name(row)).append("`")));
  }
  EXPECT_THAT(text, HasSubstr("auto; baseline: 1 |"));
  EXPECT_THAT(text, HasSubstr("`--lr-decay linear\\|none\\|step\\|cosine\\|one-cycle\\|plateau`"));
}

// `cmake --build build --target reference` writes them anew.
TEST(Reference, TheDocumentsAreWhatTheProgramPrints) {
  EXPECT_EQ(file_text(MIXNN_SOURCE_DIR "/docs/reference.md"), printed_reference(false, true));
  EXPECT_EQ(file_text(MIXNN_SOURCE_DIR "/docs/mixnn.1"), printed_reference(true, false));
}

TEST(Reference, NeedsOneForm) {
  EXPECT_THROW(printed_reference(false, false), UsageError);
  EXPECT_THROW(printed_reference(true, true), UsageError);
}

TEST(Reference, WordsAreWrappedAndSentencesBeginLines) {
  EXPECT_THAT(word_lines("one two three", 7), testing::ElementsAre("one two", "three"));
  EXPECT_THAT(word_lines("One. Two", 70, true), testing::ElementsAre("One.", "Two"));
  EXPECT_THAT(word_lines("abcdefgh ij", 3), testing::ElementsAre("abcdefgh", "ij"));
}

}  // namespace
}  // namespace mixnn
