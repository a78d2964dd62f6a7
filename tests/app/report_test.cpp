#include "mixnn/app/report/report.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mixnn {
namespace {

Record record(const char* name) {
  return {.name = name,
          .threading = {},
          .epochs = {{{1.5, 100, 0.5, 0.8}, {0.1, 0.4, 0.9}}},
          .sha256 = "abc"};
}

TEST(Report, OfCompareHasTheKeysOfTheContract) {
  AppOptions options;
  options.command = "compare";
  Json report = start_report(options, Inputs(), Machine());
  add_session(report, options, SessionFacts(), 8);
  for (const char* name : {"baseline", "reference", "mixnn"}) add_record(report, record(name));
  add_totals(report, SessionTotals());
  add_comparison(report, Comparison());
  for (const char* key :
       {"model", "ranks", "hops", "aead", "cell_size", "padding", "batch_size", "micro_batches",
        "epochs", "slowdown", "accuracy_difference", "bit_identical", "machine"})
    EXPECT_TRUE(report.contains(key)) << key;
  for (const char* name : {"baseline", "reference", "mixnn"})
    for (const char* key :
         {"threads", "wall_s", "samples_per_s", "test_accuracy", "test_loss", "parameters_sha256"})
      EXPECT_TRUE(report[name].contains(key)) << name << " " << key;
  for (const char* key : {"cells", "bytes_on_wire"})
    EXPECT_TRUE(report["mixnn"].contains(key)) << key;
}

TEST(Report, NamesNoHostAndNoPath) {
  AppOptions options;
  options.command = "train";
  options.model = "/home/someone/m.json";
  options.out = "/home/someone/out";
  EXPECT_EQ(start_report(options, Inputs(), Machine()).dump().find("someone"), std::string::npos);
}

TEST(Report, KeepsAllBitsOfTheSeed) {
  AppOptions options;
  options.command = "train";
  options.training.seed = 18446744073709551615u;
  const std::string text = report_text(start_report(options, Inputs(), Machine()));
  EXPECT_EQ(Json::parse(text)["seed"], "18446744073709551615");
}

}  // namespace
}  // namespace mixnn
