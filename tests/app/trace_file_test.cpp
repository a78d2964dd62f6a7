#include "mixnn/app/report/trace_file.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mixnn/wire/description.hpp"

namespace mixnn {
namespace {

ActivityEvent event(Activity activity, MessageKind kind, std::uint64_t start) {
  return {activity, {static_cast<std::uint8_t>(kind), 3, 1}, start, 1500};
}

std::vector<RankTrace> example() {
  std::vector<RankTrace> ranks(3);
  ranks[0].role = RankUsage::Role::kOwner;
  ranks[0].events = {event(Activity::kTicket, MessageKind{}, 5000)};
  ranks[1].rank = 1;
  ranks[1].role = RankUsage::Role::kRelay;
  ranks[1].dropped = 4;
  ranks[1].events = {event(Activity::kOpen, MessageKind{}, 7000)};
  ranks[2].rank = 2;
  ranks[2].role = RankUsage::Role::kHost;
  ranks[2].stage = 1;
  ranks[2].events = {event(Activity::kCompute, MessageKind::kForward, 9000),
                     event(Activity::kSeal, MessageKind::kParameters, 12000)};
  return ranks;
}

TEST(TraceFile, HasARowForEachRankAndABoxForEachEvent) {
  const auto trace = nlohmann::json::parse(trace_json(example()));
  const auto& events = trace["traceEvents"];
  ASSERT_EQ(events.size(), 3u + 4u);
  EXPECT_EQ(events[0]["args"]["name"], "rank 0: owner");
  EXPECT_EQ(events[1]["args"]["name"], "rank 1: relay");
  EXPECT_EQ(events[2]["args"]["name"], "rank 2: stage host 2");
  const auto& compute = events[5];
  EXPECT_EQ(compute["name"], "compute");
  EXPECT_EQ(compute["ph"], "X");
  EXPECT_EQ(compute["tid"], 2);
  EXPECT_DOUBLE_EQ(compute["ts"], 4.0);  // microseconds since the first event
  EXPECT_DOUBLE_EQ(compute["dur"], 1.5);
  EXPECT_EQ(compute["args"]["direction"], "forward");
  EXPECT_EQ(compute["args"]["step"], 3);
  EXPECT_EQ(compute["args"]["micro_batch"], 1);
}

TEST(TraceFile, HasARowForAHelperBelowTheNumbersOfAllRanks) {
  std::vector<RankTrace> ranks = example();
  ranks[2].events.push_back(event(Activity::kCompute, MessageKind::kForward, 9100));
  ranks[2].events.back().thread = 1;
  const auto trace = nlohmann::json::parse(trace_json(ranks));
  const auto& events = trace["traceEvents"];
  ASSERT_EQ(events.size(), 4u + 5u);
  EXPECT_EQ(events[3]["args"]["name"], "rank 2: stage host 2, helper 1");
  EXPECT_EQ(events[3]["args"]["helper"], 1);
  EXPECT_EQ(events[3]["tid"], 5);
  EXPECT_EQ(events[8]["tid"], 5);
  EXPECT_EQ(events[2]["args"]["helper"], 0);
}

TEST(TraceFile, MarksWhatOnlyTheOwnerKnows) {
  const auto trace = nlohmann::json::parse(trace_json(example()));
  const auto& events = trace["traceEvents"];
  EXPECT_EQ(events[2]["args"]["owner_only"]["stage"], 2);
  EXPECT_EQ(events[5]["args"]["owner_only"]["stage"], 2);
  EXPECT_EQ(events[1]["args"]["owner_only"]["role"], "relay");
  EXPECT_TRUE(events[4]["args"].empty());  // a relay's: nothing is known of the message
  EXPECT_TRUE(trace["otherData"].contains("owner_only"));
  EXPECT_EQ(trace["otherData"]["ranks"][1]["dropped"], 4);
}

TEST(TraceFile, SaysWhereAClockWasSet) {
  std::vector<RankTrace> ranks = example();
  EXPECT_FALSE(nlohmann::json::parse(trace_json(ranks))["otherData"]["ranks"][1].contains("clock"));
  ranks[1].other_host = true;
  ranks[1].round_trip = std::chrono::microseconds(50);
  const auto trace = nlohmann::json::parse(trace_json(ranks));
  EXPECT_DOUBLE_EQ(trace["otherData"]["ranks"][1]["clock_error_us"], 25);
}

TEST(TraceFile, OfNothingIsValid) {
  EXPECT_EQ(nlohmann::json::parse(trace_json({}))["traceEvents"].size(), 0u);
}

}  // namespace
}  // namespace mixnn
