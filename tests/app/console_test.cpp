#include "mixnn/app/report/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "mixnn/app/report/heading.hpp"

namespace mixnn {
namespace {

using testing::HasSubstr;

AppOptions console_options(std::vector<const char*> more = {}) {
  std::vector<const char*> arguments{"mixnn", "compare", "m.json", "--seed",
                                     "18446744073709551615"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return std::get<AppOptions>(parse_options(static_cast<int>(arguments.size()), arguments.data()));
}

Machine long_machine() {
  Machine machine;
  machine.cpu = "AMD Ryzen Threadripper PRO 5995WX 64-Cores";
  machine.cores = 128;
  machine.blas_version = "OpenBLAS 0.3.21";
  machine.blas_core = "Cooperlake";
  machine.blas_core_forced = "Cooperlake";
  machine.build = "without optimization";
  return machine;
}

Record long_record(const char* name) {
  Record record{.name = name, .threading = {}, .epochs = {}, .sha256 = std::string(64, 'a')};
  record.threading = {64, Threading::By::kOpenBlas};
  record.epochs.push_back({{12'345.678, 60'000, 123.4567, 0.9876}, {9.5, 123.4567, 0.9876}});
  return record;
}

// All that a run prints, with long values.
std::string printed(const AppOptions& options) {
  testing::internal::CaptureStdout();
  Console console(options);
  console.setting(Inputs(), long_machine());
  console.checkpoints("a/folder, every 10m; from the start");
  SessionFacts facts;
  facts.aead = "chacha20poly1305";
  facts.cell_bytes = 131'072;
  facts.cells_per_message = 4096;
  facts.stages = 100;
  facts.relays = 9900;
  facts.peers = Authentication::kMunge;
  facts.startup_s = 123.45;
  console.session(facts, 10'000);
  const Record baseline = long_record("baseline"), reference = long_record("reference"),
               mixnn = long_record("mixnn");
  console.contenders(baseline);
  console.table_head(true);
  for (const Record* record : {&baseline, &reference, &mixnn})
    console.table_row(999, *record, true);
  console.summary(mixnn, SessionTotals());
  console.comparison(compare(baseline, reference, mixnn), Bound{1e3, 128, 1e3, {}, 123.45, 1.23},
                     baseline, reference, mixnn);
  return testing::internal::GetCapturedStdout();
}

TEST(Console, NoLineIsLongerThan80Columns) {
  const std::string text = printed(
      console_options({"--wire-dtype", "bfloat16", "--lr", "0.12345678", "--momentum", "0.12345678",
                       "--weight-decay", "1.2345678e-12", "--mix", "threshold:65536:59999",
                       "--micro-batches", "100", "--epochs", "1000000"}));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_THAT(text, HasSubstr("nothing rounded"));
}

TEST(Console, HeadingShowsTheOptionsOfARun) {
  const std::string text = printed(console_options({"--micro-batches", "2"}));
  for (const char* line : {"  training   5 epochs, batch 128 in 2 micro-batches\n",
                           "  sgd        lr 0.1 (decay linear), momentum 0.8, weight decay 0\n",
                           "  seed       18446744073709551615\n",
                           "  route      3 hops, drawn anew for every message\n",
                           "  cells      131072 bytes, 4096 a message, padding uniform\n",
                           "  schedule   1f1b, shuffle; started in 123.45 s\n"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(printed(console_options()), HasSubstr(" (auto)\n"));
  EXPECT_THAT(printed(console_options({"--wire-dtype", "bfloat16"})),
              HasSubstr("bfloat16 between stages\n"));
  EXPECT_THAT(printed(console_options({"--hops", "0"})), HasSubstr("UNPROTECTED"));
  EXPECT_EQ(printed(console_options({"--quiet"})), "");
}

// Who shares a machine, and whether one has several stages.
TEST(Console, SaysWhoSharesAMachine) {
  const auto said = [](std::vector<std::string> labels, std::size_t stages, MachineMap::By by) {
    const AppOptions options = console_options();
    testing::internal::CaptureStdout();
    SessionFacts facts;
    facts.stages = stages;
    facts.machines = group_by_machine(labels, by);
    facts.spread = spread_of(facts.machines, stages);
    Console(options).session(facts, static_cast<int>(labels.size()));
    std::string text = testing::internal::GetCapturedStdout();
    for (std::size_t at; (at = text.find("\n             ")) != std::string::npos;)
      text.replace(at, 14, " ");
    return text;
  };
  EXPECT_THAT(said({"o", "a", "a", "a", "b", "b", "c"}, 3, MachineMap::By::kKeys),
              HasSubstr("  machines   4, by their keys: 1 rank on the owner's, 1 to 3 on others; "
                        "ranks of one pool what they know, so it has 1 stage at most\n"));
  const std::string two = said({"o", "a", "a", "o"}, 3, MachineMap::By::kWord);
  EXPECT_THAT(two, HasSubstr("  machines   2, as ranks say: 2 ranks on the owner's, 2 on each "
                             "other; ranks of one pool what they know, so it has up to 2 "
                             "stages, no neighbours\n"));
  EXPECT_THAT(two, HasSubstr("  warning    3 stages on 1 machine that is not the owner's"));
  EXPECT_THAT(said({"o", "o", "o", "o"}, 3, MachineMap::By::kWord),
              testing::Not(HasSubstr("machine")));
}

TEST(Heading, LongValuesGoOnBelow) {
  const std::string a(30, 'a'), b(30, 'b'), c(90, 'c');
  EXPECT_THAT(field_lines("name", a + ", " + b + "; " + a),
              testing::ElementsAre("  name       " + a + ", " + b + ";", "             " + a));
  EXPECT_THAT(field_lines("name", c), testing::ElementsAre("  name       " + c));
}

}  // namespace
}  // namespace mixnn
