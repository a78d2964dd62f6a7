#include "mixnn/train/vocabulary.hpp"

#include <gtest/gtest.h>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

std::string refused(const std::string& text) {
  try {
    Vocabulary::parse(text, "meta.json");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(Vocabulary, GivesTheTokenOfEachCharacterAndBack) {
  const auto vocabulary =
      Vocabulary::parse(R"({"characters": ["\n", "a", "é", "€", "𝄞"]})", "meta.json");
  EXPECT_EQ(vocabulary.size(), 5u);
  EXPECT_EQ(vocabulary.tokens("a\n€é𝄞a", "--prompt"),
            (std::vector<std::uint16_t>{1, 0, 3, 2, 4, 1}));
  EXPECT_EQ(vocabulary.character(3), "€");
  EXPECT_TRUE(vocabulary.tokens("", "--prompt").empty());
}

TEST(Vocabulary, NamesTheCharacterThatItHasNot) {
  const auto vocabulary = Vocabulary::parse(R"({"characters": ["a", "é"]})", "meta.json");
  for (const auto& [text, expected] :
       {std::pair("aéb", "character 3, 'b'"), std::pair("\n", "character 1, '\xef\xbf\xbd'"),
        std::pair("\xc3", "character 1, '\xef\xbf\xbd'")}) {
    try {
      vocabulary.tokens(text, "--prompt");
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_EQ(error.what(),
                "--prompt: " + std::string(expected) + ", is none of the 2 in meta.json");
    }
  }
}

TEST(Vocabulary, RefusesWhatIsNoList) {
  EXPECT_NE(refused(R"({"tokens": ["a"]})").find("meta.json"), std::string::npos);
  EXPECT_NE(refused(R"({"characters": []})").find("meta.json: characters"), std::string::npos);
  EXPECT_EQ(refused(R"({"characters": ["a", "bc"]})"),
            "meta.json: characters[1]: must be one character, is 'bc'");
  EXPECT_EQ(refused(R"({"characters": ["a", ""]})"),
            "meta.json: characters[1]: must be one character, is ''");
  EXPECT_EQ(refused(R"({"characters": ["a", "b", "a"]})"),
            "meta.json: characters[2]: stands there before, 'a'");
  EXPECT_NE(refused(R"({"characters": [1]})").find("characters[0]"), std::string::npos);
  EXPECT_NE(refused("{").find("not valid JSON"), std::string::npos);
}

}  // namespace
}  // namespace mixnn
