#include "mixnn/app/report/result_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "mixnn/base/error.hpp"
#include "small_model.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

class ResultFilesTest : public ::testing::Test {
 protected:
  ResultFilesTest() {
    std::string pattern = (fs::path(::testing::TempDir()) / "mixnn-results-test-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    options_.out = folder_ / "out";
    options_.json = folder_ / "json" / "report.json";
    for (const char* name : {"out", "json", "tmp"}) fs::create_directory(folder_ / name);
    ::setenv("TMPDIR", (folder_ / "tmp").c_str(), 1);
    for (std::size_t i = 0; i < model_.stages.size(); ++i)
      parameters_.emplace_back(model_.stage(i, 1).parameter_count(), 0.5f);
  }
  ~ResultFilesTest() override {
    ::unsetenv("TMPDIR");
    fs::remove_all(folder_);
  }

  static std::string content(const fs::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
  // What finish() throws.
  static std::string error_of(ResultFiles& results) {
    try {
      results.finish();
    } catch (const RunError& error) {
      return error.what();
    }
    return "none";
  }

  fs::path folder_;
  AppOptions options_;
  const ModelSpec model_ = testing::small_model({1, 2, 2}, {3, 2});
  std::vector<std::vector<float>> parameters_;
};

TEST_F(ResultFilesTest, AReportThatCannotBeWrittenCostsNoModel) {
  fs::remove_all(folder_ / "json");
  fs::create_directory(options_.out / "report.json");
  ResultFiles results(options_, model_);
  results.write_model(parameters_);
  results.write_report({{"data", "\xFF"}});
  EXPECT_TRUE(fs::is_regular_file(options_.out / "model.safetensors"));
  const std::string error = error_of(results);
  EXPECT_THAT(error, ::testing::HasSubstr("out/report.json: cannot be"));
  EXPECT_THAT(error, ::testing::HasSubstr("json/report.json: cannot be"));
}

TEST_F(ResultFilesTest, AModelThatCannotBeWrittenCostsNoReportAndIsKeptElsewhere) {
  fs::create_directory(options_.out / "model.safetensors");
  ResultFiles results(options_, model_);
  results.write_model(parameters_);
  results.write_report({{"a", 1}});
  EXPECT_THAT(error_of(results), ::testing::HasSubstr("; the model is in " + folder_.string()));
  EXPECT_EQ(content(options_.json), "{\n  \"a\": 1\n}\n");
  std::size_t models = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "tmp"))
    models += entry.path().filename() == "model.safetensors" ? 1 : 0;
  EXPECT_EQ(models, 1u);
}

TEST_F(ResultFilesTest, WhatFailedOnceIsTriedAgainAtTheEnd) {
  fs::remove_all(options_.out);
  ResultFiles results(options_, model_);
  results.write_model(parameters_);
  results.write_report({{"a", 1}});
  fs::create_directory(options_.out);
  EXPECT_EQ(error_of(results), "none");
  EXPECT_TRUE(fs::exists(options_.out / "model.safetensors"));
  EXPECT_TRUE(fs::exists(options_.out / "report.json"));
}

TEST_F(ResultFilesTest, ALaterReportReplacesAnEarlierOne) {
  ResultFiles results(options_, model_);
  results.write_report({{"a", 1}});
  EXPECT_EQ(content(options_.json), "{\n  \"a\": 1\n}\n");
  results.write_report({{"a", 2}});
  results.finish();
  EXPECT_EQ(content(options_.json), "{\n  \"a\": 2\n}\n");
}

TEST_F(ResultFilesTest, ParametersThatAreNotFiniteAreNotSavedAndNoOlderModelIsHarmed) {
  std::ofstream(options_.out / "model.safetensors") << "older";
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    parameters_[1][0] = bad;
    ResultFiles results(options_, model_);
    EXPECT_THROW(results.write_model(parameters_), RunError);
    EXPECT_EQ(content(options_.out / "model.safetensors"), "older");
  }
}

TEST_F(ResultFilesTest, ANumberInAReportThatIsNotFiniteIsAnError) {
  ResultFiles results(options_, model_);
  results.write_report({{"mixnn", {{"test_loss", std::numeric_limits<double>::infinity()}}}});
  EXPECT_THAT(error_of(results), ::testing::HasSubstr("mixnn.test_loss"));
}

}  // namespace
}  // namespace mixnn
