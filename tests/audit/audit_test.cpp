#include "mixnn/audit/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/synthetic.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using ::testing::HasSubstr;

AuditRequest two_observers() {
  return {{{.name = "sees", .ranks = {}}, {.name = "never there", .ranks = {}}}, {1, 5, kAllSteps}};
}

// The first observer is shown the order, but by times alone and not before step 5.
std::vector<WatchedRun> runs_of(std::size_t count, const std::string& traffic,
                                std::uint64_t steps = 20) {
  const AuditRequest request = two_observers();
  CounterRng rng = testing::synthetic_rng(70);
  std::vector<WatchedRun> runs;
  for (std::size_t i = 0; i < count; ++i) {
    SeenRun run = testing::empty_run(3, 1, 1, rng);
    WatchedRun& watched = runs.emplace_back();
    watched.run = {{}, traffic, "mlp", steps};
    watched.ranks = 8;
    for (const std::uint32_t c : run.order) watched.run.hosts.push_back(run.sight.candidates[c]);
    for (const std::uint64_t seen : request.steps)
      for (const Evidence evidence : kEvidences) {
        Sight sight = run.sight;
        if (seen >= 5 && evidence != Evidence::kNoTimes)
          for (std::size_t at = 1; at < 3; ++at)
            sight.observation.pair[run.order[at - 1]][run.order[at]][0] = 1;
        watched.sights.emplace_back(sight);
      }
    watched.sights.resize(watched.sights.size() * 2);
  }
  return runs;
}

const Finding& finding(const AuditedGroup& group, Evidence evidence, std::uint64_t steps) {
  for (const Finding& one : group.findings)
    if (one.evidence == evidence && one.steps == steps) return one;
  throw RunError("there is no such finding");
}

TEST(Audit, FindsWhoLearnsWhatFromWhatAndWhen) {
  std::vector<WatchedRun> runs = runs_of(20, "onion");
  for (WatchedRun& run : runs_of(12, "rounds")) runs.push_back(std::move(run));
  double last = 0;
  const std::vector<AuditedGroup> groups =
      audit(runs, two_observers(), 2, [&](double share) { last = share; });
  EXPECT_EQ(last, 1);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].run.traffic, "onion");
  EXPECT_EQ(groups[0].runs, 20u);
  EXPECT_EQ(groups[1].runs, 12u);
  EXPECT_EQ(groups[0].findings.size(), 9u);  // none of the observer that is never there
  EXPECT_EQ(finding(groups[0], Evidence::kNoTimes, 20).judgement.bits.mean, 0);
  EXPECT_EQ(finding(groups[0], Evidence::kAll, 1).judgement.bits.mean, 0);
  EXPECT_GT(finding(groups[0], Evidence::kAll, 5).judgement.bits.mean, 2.4);
  EXPECT_GT(finding(groups[0], Evidence::kTimes, 20).judgement.bits.mean, 2.4);
}

TEST(Audit, NullTestsComeWithTheMostSteps) {
  const std::vector<AuditedGroup> groups =
      audit(runs_of(20, "onion"), two_observers(), 1, [](double) {});
  for (const Finding& one : groups[0].findings) {
    EXPECT_EQ(one.permuted.has_value(), one.steps == 20);
    if (!one.permuted) continue;
    EXPECT_LE(one.permuted->low, 0);
    EXPECT_LE(one.noise->low, 0);
  }
}

TEST(Audit, TheNumberOfThreadsChangesNothing) {
  const auto found_by = [](unsigned threads) {
    std::vector<double> bits;
    for (const AuditedGroup& group :
         audit(runs_of(15, "onion"), two_observers(), threads, [](double) {}))
      for (const Finding& one : group.findings) bits.push_back(one.judgement.bits.low);
    return bits;
  };
  EXPECT_EQ(found_by(1), found_by(3));
}

TEST(Audit, LeavesOutStepsThatNotAllRunsHave) {
  std::vector<WatchedRun> runs = runs_of(20, "onion");
  runs[7].run.steps = 4;
  const std::vector<AuditedGroup> groups = audit(runs, two_observers(), 1, [](double) {});
  EXPECT_EQ(groups[0].run.steps, 4u);
  for (const Finding& one : groups[0].findings) EXPECT_TRUE(one.steps == 1 || one.steps == 4);
}

TEST(Audit, SaysWhatIsMissing) {
  const auto error_of = [](const std::vector<WatchedRun>& runs, const AuditRequest& request) {
    try {
      audit(runs, request, 1, [](double) {});
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(
      error_of(runs_of(9, "rounds"), two_observers()),
      HasSubstr("mlp over rounds, 8 ranks: 9 runs of the same settings; an audit needs 10"));
  AuditRequest late = two_observers();
  late.steps = {30};
  EXPECT_THAT(error_of(runs_of(10, "onion"), late),
              HasSubstr("--steps: the runs of mlp over onion have 20 steps; give fewer, or all"));
}

}  // namespace
}  // namespace mixnn
