#include "mixnn/app/report/stats.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

RankUsage usage(RankUsage::Role role, std::size_t stage, double compute, double seal, double cpu) {
  RankUsage rank;
  rank.role = role;
  rank.stage = stage;
  EpochUsage epoch;
  epoch.wall_s[static_cast<std::size_t>(Activity::kCompute)] = compute;
  epoch.wall_s[static_cast<std::size_t>(Activity::kSeal)] = seal;
  epoch.wall_s[static_cast<std::size_t>(Activity::kWait)] = 10;
  epoch.cpu_s = cpu;
  rank.epochs = {epoch, epoch, epoch};
  return rank;
}

JobHosts one_host(std::size_t cores) { return {{0, 0, 0, 0, 0, 0}, {cores}}; }

std::vector<RankUsage> job() {
  std::vector<RankUsage> ranks{usage(RankUsage::Role::kOwner, 0, 0.5, 0.5, 2),
                               usage(RankUsage::Role::kRelay, 0, 0, 0.125, 1),
                               usage(RankUsage::Role::kHost, 1, 2, 1, 3),
                               usage(RankUsage::Role::kRelay, 0, 0, 0.375, 1),
                               usage(RankUsage::Role::kHost, 0, 4, 1, 5),
                               usage(RankUsage::Role::kRelay, 0, 0, 0.25, 1)};
  for (std::size_t rank = 0; rank < ranks.size(); ++rank)
    ranks[rank].rank = static_cast<std::uint32_t>(rank);
  return ranks;
}

Record baseline(double wall) {
  Record record{.name = "baseline", .threading = {}, .epochs = {}, .sha256 = {}};
  for (int i = 0; i < 3; ++i) record.epochs.push_back({{wall, 1, 0, 0}, {0, 0, 0}});
  return record;
}

TEST(Bound, IsTheWorkOfAllRanksOverTheCoresAndTheBaseline) {
  const Bound bound = bound_of(job(), baseline(2), baseline(6), one_host(2), {});
  EXPECT_DOUBLE_EQ(bound.work_s_per_epoch, 1 + 3 + 5 + 0.75);
  EXPECT_EQ(bound.cores, 2);
  EXPECT_DOUBLE_EQ(bound.slowdown, 9.75 / 2 / 2);
  EXPECT_DOUBLE_EQ(bound.over, 6 / (9.75 / 2));
  // a rank works on one core
  EXPECT_EQ(bound_of(job(), baseline(2), baseline(6), one_host(64), {}).cores, 6);
}

TEST(Bound, IsTheWorkOfTheHostThatHasMostOrWhatLinksNeed) {
  JobHosts hosts{{0, 1, 1, 0, 1, 0}, {8, 2}};
  const auto bound = [&](LinkBounds links) {
    return bound_of(job(), baseline(2), baseline(6), hosts, links);
  };
  const double of_second = 0.125 + 3 + 5;  // seconds, of three ranks on two cores
  EXPECT_EQ(bound({}).cores, 3 + 2);
  EXPECT_DOUBLE_EQ(bound({}).slowdown, of_second / 2 / 2);
  EXPECT_DOUBLE_EQ(bound({7, 5}).slowdown, 7.0 / 2);
  EXPECT_DOUBLE_EQ(bound({7, 9}).slowdown, 9.0 / 2);
  EXPECT_DOUBLE_EQ(bound({7, 9}).over, 6.0 / 9);
  hosts.cores = {8, 1};
  EXPECT_DOUBLE_EQ(bound({}).slowdown, of_second / 2);
}

TEST(Stats, ShowOwnerHostsByStageAndRelaysTogether) {
  const std::vector<std::string> lines = stats_lines(job());
  std::vector<std::string> owner, first, second, least, median, most;
  for (const std::string& line : lines) {
    if (line.starts_with("owner ")) owner.push_back(line);
    if (line.starts_with("stage 1 ")) first.push_back(line);
    if (line.starts_with("stage 2 ")) second.push_back(line);
    if (line.starts_with("relays, least")) least.push_back(line);
    if (line.starts_with("        median")) median.push_back(line);
    if (line.starts_with("        most")) most.push_back(line);
    EXPECT_EQ(line.find("rank "), std::string::npos) << line;
    EXPECT_LE(line.size(), 80u) << line;
  }
  for (const auto* rows : {&owner, &first, &second, &least, &median, &most})
    EXPECT_EQ(rows->size(), 3u);
  EXPECT_NE(first.front().find("12.000"), std::string::npos);  // seconds of compute in three epochs
  EXPECT_NE(least.front().find("0.375"), std::string::npos);
  EXPECT_NE(median.front().find("0.750"), std::string::npos);
  EXPECT_NE(most.front().find("1.125"), std::string::npos);
}

TEST(Stats, ColumnsStayApartWhateverTheNumbers) {
  std::vector<RankUsage> ranks = job();
  for (RankUsage& rank : ranks) {
    rank.epochs[0].wall_s.fill(123'456.789);
    rank.epochs[0].resident = 54'321'000'000;
    rank.last.parameters = rank.last.optimizer = rank.last.pass_bytes = 12'345'678'901;
    rank.last.message_bytes = rank.last.resident = 98'765'432'100;
    rank.last.cells = rank.last.cell_limit = 65'536;
  }
  std::size_t rows = 0;
  for (const std::string& line : stats_lines(ranks)) {
    EXPECT_LE(line.size(), 80u) << line;
    if (!line.starts_with("owner ")) continue;
    ++rows;
    const std::size_t width = rows == 3 ? 7 : 8;
    for (std::size_t at = 14; at < line.size(); at += width) EXPECT_EQ(line[at], ' ') << line;
  }
  EXPECT_EQ(rows, 3u);
}

}  // namespace
}  // namespace mixnn
