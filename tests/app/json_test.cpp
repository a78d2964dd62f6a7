#include "mixnn/app/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace mixnn {
namespace {

TEST(ReportText, WholeNumbersThatADoubleCannotHoldAreStrings) {
  const std::uint64_t exact = std::uint64_t{1} << 53;
  const Json json{{"a", exact}, {"b", {exact + 1, 18446744073709551615u}}, {"c", -5}};
  EXPECT_EQ(line_text(json),
            R"({"a":9007199254740992,"b":["9007199254740993","18446744073709551615"],"c":-5})");
}

TEST(ReportText, ForeignBytesAreReplacedAndNotThrown) {
  EXPECT_EQ(line_text({{"data", "d\xFFx"}}), "{\"data\":\"d\xEF\xBF\xBDx\"}");
}

TEST(ReportText, HasNoControlCharacters) {
  const std::string name = "a\x1B[2J\x7F\xC2\x9B\xC3\x9B";
  const std::string text = line_text({{"model", name}});
  EXPECT_EQ(text, "{\"model\":\"a\\u001b[2J\\u007f\\u009b\xC3\x9B\"}");
  EXPECT_EQ(Json::parse(text)["model"], name);
}

TEST(ReportText, KeepsKeysInTheirOrder) {
  EXPECT_EQ(report_text({{"b", 1}, {"a", Json::array({1.5, nullptr})}}),
            "{\n  \"b\": 1,\n  \"a\": [\n    1.5,\n    null\n  ]\n}\n");
}

TEST(NotFinite, NamesTheFirstNumberThatIsNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(not_finite({{"a", 1.0}, {"b", {{"c", "nan"}}}}), "");
  EXPECT_EQ(not_finite({{"a", 1.0}, {"mixnn", {{"test_loss", nan}}}}), "mixnn.test_loss");
  EXPECT_EQ(not_finite({{"losses", {1.0, -infinity}}}), "losses.1");
}

}  // namespace
}  // namespace mixnn
