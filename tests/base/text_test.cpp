#include "mixnn/base/text.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

const std::string kReplaced = "\xEF\xBF\xBD";

TEST(Printable, LeavesWhatCanBeRead) {
  for (const char* text : {"", "digits", "Zahlen \xC3\xBC\xC3\xA4", "\xE6\x95\xB0\xE5\xAD\x97",
                           "\xF0\x9F\x94\x92", "\xC2\xA0"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, NothingMovesTheCursorOrBeginsAnotherLine) {
  EXPECT_EQ(printable("a\x1B[2Jb"), "a" + kReplaced + "[2Jb");
  EXPECT_EQ(printable("a\nb\rc\td\x7F"),
            "a" + kReplaced + "b" + kReplaced + "c" + kReplaced + "d" + kReplaced);
  EXPECT_EQ(printable(std::string("\0", 1)), kReplaced);
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            kReplaced + "31m");  // CSI in one character
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "gnp"),
            kReplaced + "gnp");                     // right to left from here
  EXPECT_EQ(printable("\xE2\x80\xA8"), kReplaced);  // a line separator
}

TEST(Printable, BytesThatAreNoUtf8AreReplacedOneByOne) {
  EXPECT_EQ(printable("\xFF"
                      "a"),
            kReplaced + "a");
  EXPECT_EQ(printable("caf\xE9"), "caf" + kReplaced);                       // Latin 1
  EXPECT_EQ(printable("\xC0\x80"), kReplaced + kReplaced);                  // too long for NUL
  EXPECT_EQ(printable("\xED\xA0\x80"), kReplaced + kReplaced + kReplaced);  // half a pair
  EXPECT_EQ(printable("\xF4\x90\x80\x80").size(), 4 * kReplaced.size());    // above U+10FFFF
  EXPECT_EQ(printable("\xE2\x80"), kReplaced + kReplaced);                  // cut
}

}  // namespace
}  // namespace mixnn
