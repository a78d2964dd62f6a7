#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "mixnn/app/commands/command.hpp"
#include "mixnn/app/options/option_table.hpp"
#include "mixnn/app/report/audit_picture.hpp"
#include "mixnn/app/report/audit_table.hpp"

namespace mixnn {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finding made_finding(const std::string& observer, Evidence evidence, std::uint64_t steps,
                     Interval bits) {
  Finding finding;
  finding.observer = {.name = observer, .ranks = {}};
  finding.evidence = evidence;
  finding.steps = steps;
  finding.runs = 50;
  finding.judgement = {15.3, bits, {0.5, 0.4, 0.6}, 0.52, {{{0.1, 0.11, 300}}, 0.02}};
  if (steps == 117) finding.permuted = finding.noise = Interval{-0.02, -0.11, -0.02};
  return finding;
}

// Two observers: one that learns by times, and one that learns nothing.
AuditedGroup made_group(const std::string& traffic) {
  AuditedGroup group;
  group.run = {{2, 5, 7}, traffic, "deep", 117};
  group.ranks = 13;
  group.hops = 3;
  group.runs = 50;
  for (const char* observer : {"a host: its neighbour", "one relay"})
    for (const Evidence evidence : kEvidences)
      for (const std::uint64_t steps : {1u, 3u, 10u, 30u, 60u, 117u}) {
        const bool learns = observer[0] == 'a' && evidence != Evidence::kNoTimes;
        group.findings.push_back(
            made_finding(observer, evidence, steps,
                         learns ? Interval{15.28, 15.21, 15.3} : Interval{-0.004, -0.012, 0.011}));
      }
  return group;
}

TEST(AuditTable, Fits80ColumnsWhateverTheNumberOfSteps) {
  std::istringstream lines(audit_table(made_group("rounds")));
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }), 80) << line;
}

TEST(AuditTable, SaysWhoLearnsWhatAndWhoNothing) {
  const std::string table = audit_table(made_group("onion"));
  EXPECT_THAT(table, HasSubstr("deep, onion traffic: 50 runs of 13 ranks, 3 stages on hosts"));
  EXPECT_THAT(table, HasSubstr("a host: its neighbour  15.28±0.04 15.28±0.04"));
  EXPECT_THAT(table, HasSubstr("one relay               0.00±0.01"));
  EXPECT_THAT(table, HasSubstr("  0.02 -0.11..-0.02 -0.11..-0.02\n"));
  EXPECT_THAT(table, Not(HasSubstr("-0.00")));
  const std::string verdict = table.substr(table.find("Nothing learnt"));
  EXPECT_THAT(verdict, HasSubstr("counts     a host: its neighbour; one relay\n"));
  EXPECT_THAT(verdict, HasSubstr("times      one relay\n"));
}

TEST(AuditTable, SaysBesideWhatFollowsFromTheRoutesAlone) {
  AuditedGroup group = made_group("rounds");
  const std::string table = audit_table(group);
  EXPECT_THAT(table, HasSubstr("By calculation, not from these runs\n"));
  EXPECT_THAT(table, HasSubstr("an end and a relay that hold a whole path    never\n"));
  EXPECT_THAT(audit_table(made_group("onion")), HasSubstr("relay that hold a crossover"));
  group.ranks = 4;  // of which there are no routes
  EXPECT_THAT(audit_table(group), Not(HasSubstr("By calculation")));
}

TEST(AuditTable, NothingIsLearntIfNoMoreThanNullTestsFind) {
  Finding finding = made_finding("one relay", Evidence::kAll, 117, {0.015, 0.005, 0.025});
  finding.noise = Interval{-0.02, -0.11, 0.02};
  EXPECT_TRUE(nothing_learnt(finding));
  finding.judgement.bits.mean = 0.03;
  EXPECT_FALSE(nothing_learnt(finding));
  finding.judgement.bits.low = -0.01;
  EXPECT_TRUE(nothing_learnt(finding));
}

TEST(AuditPicture, HasALineForEachObserverTrafficAndEvidence) {
  const std::string picture = audit_picture({made_group("onion"), made_group("rounds")});
  const auto count = [&](const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = picture.find(what, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("<polyline"), 2u * 2 * 3);
  EXPECT_EQ(count("<rect x="), 3u);
  EXPECT_EQ(count("<text"), count("</text>"));
  EXPECT_EQ(count("rounds traffic"), 1u);
  EXPECT_TRUE(picture.ends_with("</svg>\n"));
}

TEST(AuditPicture, NamesCannotBreakIt) {
  AuditedGroup group = made_group("onion");
  group.run.model = "<script>&";
  EXPECT_THAT(audit_picture({group}), HasSubstr("&lt;script&gt;&amp;"));
}

TEST(AuditOptions, StepsAreAListInWhateverOrder) {
  AppOptions options = defaults_of(find_command("audit"));
  EXPECT_EQ(option_row("--steps").value.print(options), "1,3,10,30,all");
  option_row("--steps").value.parse({"--steps", "all,7,2,7"}, options);
  EXPECT_EQ(options.audit.steps, (std::vector<std::uint64_t>{2, 7, kAllSteps}));
  for (const char* bad : {"", "0", "1;2", "all,x"})
    EXPECT_THROW(option_row("--steps").value.parse({"--steps", bad}, options), std::exception);
}

}  // namespace
}  // namespace mixnn
