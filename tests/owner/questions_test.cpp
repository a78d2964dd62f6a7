#include "mixnn/owner/questions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace mixnn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Ranks 1 and 2, of which 2 hosts the one stage.
class QuestionsTest : public ::testing::Test {
 protected:
  Plan plan{{2, 1}, 1, 0};
  std::vector<std::uint32_t> agreed;
  Questions questions{plan, 3, false, [this](std::uint32_t rank, const PublicKey& half) {
                        agreed.push_back(rank);
                        return half[0] != std::byte{0};
                      }};

  static Message message(const Label& label, const std::vector<std::byte>& payload = {}) {
    AlignedBuffer buffer(std::max<std::size_t>(payload.size(), 1));
    copy_bytes(payload, buffer.bytes().first(payload.size()));
    return {{.label = label}, std::move(buffer)};
  }
  static Message report(std::uint32_t rank, const Report& said) {
    return message({MessageKind::kReport, 0, 0, rank}, encode(said));
  }
  static Message commitment(std::uint32_t rank) {
    return message({MessageKind::kCommitment, 0, 0, rank}, encode(Commitment{}));
  }
  std::string error_of(const Message& said) {
    try {
      questions.take(said);
    } catch (const RunError& error) {
      return error.what();
    }
    return {};
  }
};

Report acknowledged() {
  Report report;
  report.type = Report::Type::kAcknowledged;
  return report;
}

TEST_F(QuestionsTest, TakesTheAnswersOfTheRanksThatWereAsked) {
  questions.asked(1, MessageKind::kCommit, Nanoseconds(5));
  questions.asked(2, MessageKind::kCommit, Nanoseconds(6));
  EXPECT_TRUE(questions.take(commitment(2)));
  EXPECT_FALSE(questions.all_answered());
  EXPECT_THAT(questions.silent(), ElementsAre(1));
  EXPECT_TRUE(questions.take(commitment(1)));
  EXPECT_TRUE(questions.all_answered());
  EXPECT_EQ(questions.commitments.size(), 2u);
  EXPECT_THAT(error_of(commitment(1)),
              HasSubstr("rank 1 sent an answer that it was not asked for"));
}

TEST_F(QuestionsTest, AnAnswerOfAnotherKindIsNotTheOneThatWasAskedFor) {
  questions.asked(1, MessageKind::kClip, {});
  EXPECT_THAT(error_of(commitment(1)),
              HasSubstr("rank 1 sent an answer that it was not asked for"));
  EXPECT_TRUE(questions.take(report(1, acknowledged())));
  EXPECT_FALSE(questions.all_answered());
}

TEST_F(QuestionsTest, LeavesTheAnswersOfRequestsToOthers) {
  EXPECT_FALSE(questions.take(message({MessageKind::kForward, 3, 1, 0})));
}

TEST_F(QuestionsTest, AFailureIsToldWithRankAndRole) {
  Report failure;
  failure.type = Report::Type::kError;
  failure.error = "stands still";
  EXPECT_EQ(error_of(report(1, failure)), "rank 1 (relay) stands still");
  EXPECT_EQ(error_of(report(2, failure)), "rank 2 (stage host) stands still");
}

// The host before or behind it may have sent what does not fit.
TEST(QuestionsInRounds, AnErrorOfTheChainNamesTheSenderToo) {
  const Plan plan{{2, 1, 4, 3}, 3, 0};
  Questions questions(plan, 3, true, [](auto, auto&) { return true; });
  const auto error = [&](std::uint32_t rank, const std::string& text) -> std::string {
    Report report;
    report.type = Report::Type::kError;
    report.error = text;
    const std::vector<std::byte> bytes = encode(report);
    Message message{{.label = {MessageKind::kReport, 0, 0, rank}}, AlignedBuffer(bytes.size())};
    copy_bytes(bytes, message.payload.bytes());
    try {
      questions.take(message);
    } catch (const RunError& thrown) {
      return thrown.what();
    }
    return {};
  };
  EXPECT_THAT(error(1, "a forward of step 1 does not fit"), HasSubstr("; rank 2 sent it that"));
  EXPECT_THAT(error(1, "a test of step 1 does not fit"), HasSubstr("; rank 2 sent it that"));
  EXPECT_THAT(error(1, "a backward of step 1 does not fit"), HasSubstr("; rank 4 sent it that"));
  EXPECT_EQ(error(2, "a forward that"), "rank 2 (stage host) a forward that");
  EXPECT_EQ(error(4, "a backward that"), "rank 4 (stage host) a backward that");
  EXPECT_EQ(error(1, "stands still"), "rank 1 (stage host) stands still");
  EXPECT_EQ(error(3, "a forward that"), "rank 3 (relay) a forward that");
}

TEST_F(QuestionsTest, TheReportThatBeginsAnEpochBringsHalfOfAnAgreementAndNoOtherDoes) {
  Report half = acknowledged();
  half.fresh_key[0] = std::byte{1};
  questions.asked(1, MessageKind::kResume, {});
  questions.take(report(1, half));
  EXPECT_THAT(agreed, IsEmpty());
  questions.asked(1, MessageKind::kEpoch, {});
  questions.asked(2, MessageKind::kEpoch, {});
  questions.take(report(1, half));
  EXPECT_EQ(error_of(report(2, acknowledged())), "rank 2 sent a malformed report");
  EXPECT_THAT(agreed, ElementsAre(1, 2));
}

TEST_F(QuestionsTest, SaysWhatIsOutstanding) {
  questions.asked(1, MessageKind::kSettle, {});
  questions.asked(2, MessageKind::kTrace, {});
  EXPECT_THAT(
      questions.outstanding(),
      ElementsAre("cells for rank 1, or its word that all have come", "trace part of rank 2"));
  EXPECT_FALSE(questions.asked_to_stop());
  questions.asked(1, MessageKind::kStop, {});
  EXPECT_TRUE(questions.asked_to_stop());
}

TEST_F(QuestionsTest, ATraceKnowsWhenItWasAskedForAndAnswered) {
  questions.asked(2, MessageKind::kTrace, Nanoseconds(7));
  questions.take(message({MessageKind::kTracePart, 0, 0, 2}, encode(TracePart{})));
  EXPECT_EQ(questions.traces.at(2).asked, Nanoseconds(7));
  EXPECT_GT(questions.traces.at(2).answered, Nanoseconds(7));
}

}  // namespace
}  // namespace mixnn
