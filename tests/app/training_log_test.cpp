#include "mixnn/app/log/training_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <limits>
#include <sstream>

#include "mixnn/app/log/crc32c.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

LogRow step_row(std::size_t step) {
  LogRow row{
      .run = "mixnn", .kind = LogRow::Kind::kStep, .epoch = 1, .step = step, .samples = 8 * step};
  row.loss = 0.1;
  row.learning_rate = 0.25;
  return row;
}

class TrainingLogTest : public ::testing::Test {
 protected:
  TrainingLogTest() {
    std::string pattern = (fs::path(::testing::TempDir()) / "mixnn-log-test-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TrainingLogTest() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }

  fs::path folder_;
};

TEST(LogRow, IsALineOfEachForm) {
  EXPECT_EQ(json_line(step_row(2)),
            "{\"run\":\"mixnn\",\"kind\":\"step\",\"epoch\":1,\"step\":2,\"samples\":16,"
            "\"loss\":0.1,\"learning_rate\":0.25}\n");
  EXPECT_EQ(csv_line(step_row(2)), "mixnn,step,1,2,16,0.1,0.25,,,,,,,,,\n");
  EXPECT_THAT(csv_head(), HasSubstr("run,kind,epoch,step,samples,loss,learning_rate,"));
  LogRow row = step_row(2);
  row.loss = std::numeric_limits<double>::infinity();
  EXPECT_THAT(json_line(row), HasSubstr("\"loss\":null"));
  EXPECT_THAT(csv_line(row), HasSubstr("16,,0.25"));
}

TEST(LogRow, OfStepsThatAreRepeatedAreDropped) {
  for (const bool csv : {false, true}) {
    const auto line = csv ? csv_line : json_line;
    const std::string head = csv ? csv_head() : "", one = line(step_row(1)),
                      two = line(step_row(2));
    EXPECT_EQ(kept_lines(head + one + two, csv, 1), head + one);
    EXPECT_EQ(kept_lines(head + one + two, csv, 2), head + one + two);
    EXPECT_EQ(kept_lines(head + one + two.substr(0, two.size() - 1), csv, 2), head + one)
        << "a line that is not whole";
    EXPECT_EQ(kept_lines("", csv, 2), head);
    EXPECT_FALSE(kept_lines(head + "x,y\n", csv, 2));
    EXPECT_FALSE(kept_lines("a,b,c,3,d\nmore\n", csv, 2));
  }
}

TEST(EventFile, HasTheCrcOfItsFormat) {
  EXPECT_EQ(crc32c(bytes_of(std::string_view("123456789"))), 0xE3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(EventFile, IsFramedAsTheFormatSays) {
  const std::string event = start_event(0, 300);
  // wall_time: 0x09 and 8 bytes; step: 0x10, 300 in two bytes; session_log: a message of 2 bytes.
  EXPECT_EQ(event, std::string("\x09\0\0\0\0\0\0\0\0\x10\xAC\x02\x3A\x02\x08\x01", 16));
  const std::string record = framed(event);
  EXPECT_EQ(record.size(), 12 + event.size() + 4);
  EXPECT_EQ(record.substr(0, 8), std::string("\x10\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, event.size()), event);
}

TEST_F(TrainingLogTest, TellsEachStepByItselfAndItsPlaceInTheTraining) {
  AppOptions options;
  options.log = folder_ / "log.jsonl";
  options.validation = 0.5;
  TrainingLog log(options);
  std::size_t called = 0;
  const ProgressHook hook = log.steps("baseline", 2, [&](const Progress&) { ++called; });
  hook({.step = 1,
        .steps = 5,
        .samples = 8,
        .total_samples = 36,
        .loss = 4,
        .step_samples = 8,
        .step_loss = 0.5,
        .learning_rate = 0.1f,
        .gradient_norm = 2.0});
  Record record{.name = "baseline"};
  record.epochs = {{{1.5, 36, 0.75, {}}, {0.1, 0.25, 0.5}}};
  log.epoch_ended(record);
  record.test_set = TestResult{0.1, 0.125, {}};
  log.ended(record);
  EXPECT_EQ(called, 1u);
  EXPECT_EQ(log.problem(), "");
  const std::string text = content(options.log);
  EXPECT_THAT(text, HasSubstr("\"epoch\":3,\"step\":11,\"samples\":80,\"loss\":0.5,"
                              "\"learning_rate\":0.1,\"gradient_norm\":2.0,\"samples_per_s\":"));
  EXPECT_THAT(text, HasSubstr("\"kind\":\"epoch\",\"epoch\":3,\"step\":11,\"samples\":80,"
                              "\"train_loss\":0.75,\"validation_loss\":0.25,"
                              "\"validation_accuracy\":0.5,\"wall_s\":1.5}\n"));
  EXPECT_THAT(text, HasSubstr("\"kind\":\"end\",\"epoch\":3,\"step\":11,\"samples\":80,"
                              "\"test_loss\":0.125}\n"));
}

TEST_F(TrainingLogTest, WithoutOptionsAddsNothingToTheHook) {
  TrainingLog log(AppOptions{});
  EXPECT_FALSE(log.steps("mixnn", 0, {}));
}

TEST_F(TrainingLogTest, ANewTrainingBeginsANewFile) {
  const fs::path file = folder_ / "log.csv";
  LogFile(file).add(step_row(1));
  LogFile(file).add(step_row(7));
  EXPECT_EQ(content(file), csv_head() + csv_line(step_row(7)));
  LogFile(file, 7).add(step_row(8));
  EXPECT_EQ(content(file), csv_head() + csv_line(step_row(7)) + csv_line(step_row(8)));
  std::ofstream(file) << "years,price\n1,2\n";
  EXPECT_THROW(LogFile(file, 7), UsageError);
  EXPECT_EQ(content(file), "years,price\n1,2\n");
}

// Of a file that may not grow any more, as on a full disk.
TEST_F(TrainingLogTest, ADiskThatIsFullLeavesWholeLinesAndLetsTheTrainingGoOn) {
  AppOptions options;
  options.log = folder_ / "log.jsonl";
  TrainingLog log(options);
  const ProgressHook hook = log.steps("mixnn", 0, {});
  hook({.step = 1, .steps = 9});
  const std::string first = content(options.log);
  struct rlimit before {};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = first.size() + 20;
  setrlimit(RLIMIT_FSIZE, &small);
  for (const std::size_t step : {2, 3}) hook({.step = step, .steps = 9});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(content(options.log), first);
  EXPECT_THAT(log.problem(), HasSubstr("log.jsonl: cannot be written: "));
  EXPECT_EQ(log.problem().find("log.jsonl"), log.problem().rfind("log.jsonl")) << "said twice";
}

}  // namespace
}  // namespace mixnn
