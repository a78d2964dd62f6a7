#include "mixnn/app/report/output_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

class OutputFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::path(testing::TempDir()) / "mixnn-output-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  static std::string refusal(const fs::path& out, const fs::path& json) {
    try {
      check_outputs(out, json);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  }

  fs::path folder_;
};

TEST_F(OutputFiles, AreWholePrivateAndAlone) {
  write_file(folder_ / "report.json", "old");
  write_file(folder_ / "report.json", "new");
  EXPECT_EQ(content(folder_ / "report.json"), "new");
  EXPECT_EQ(entries(), 1u);
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "report.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(OutputFiles, ALinkStaysALink) {
  write_file(folder_ / "file", "old");
  fs::create_symlink("file", folder_ / "link");
  write_file(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(content(folder_ / "file"), "new");
}

TEST_F(OutputFiles, ADeviceIsWrittenToAndNotReplaced) {
  check_outputs("", "/dev/null");
  write_file("/dev/null", "nothing");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THROW(write_file("/dev/full", "something"), RunError);
}

TEST_F(OutputFiles, CheckCreatesTheFolderAndLeavesNothingInIt) {
  check_outputs(folder_ / "a" / "b", folder_ / "report.json");
  EXPECT_TRUE(fs::is_empty(folder_ / "a" / "b"));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(OutputFiles, CheckRefusesWhatCannotBeWritten) {
  write_file(folder_ / "file", "");
  EXPECT_THAT(refusal(folder_ / "file", ""), testing::HasSubstr("--out"));
  EXPECT_THAT(refusal(folder_ / "file" / "below", ""), testing::HasSubstr("cannot be written"));
  EXPECT_THAT(refusal("", folder_ / "none" / "x.json"), testing::HasSubstr("--json"));
  EXPECT_THAT(refusal("", folder_), testing::HasSubstr("it is a folder"));
  EXPECT_THAT(refusal("/proc/mixnn", ""),
              testing::HasSubstr("--out /proc/mixnn: cannot be written"));
}

}  // namespace
}  // namespace mixnn
