#include "mixnn/wire/kinds.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace mixnn {
namespace {

TEST(Kinds, ExactlyThoseOfTheTableAreKnown) {
  std::set<unsigned> known;
  for (unsigned kind = 0; kind < 256; ++kind)
    if (is_known(static_cast<MessageKind>(kind))) known.insert(kind);
  EXPECT_EQ(known, (std::set<unsigned>{1,  2,  3,  4,  5,  6,  7,  8,  9,  16, 17, 18, 19,
                                       20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 34, 35}));
  EXPECT_EQ(to_string(MessageKind{10}), "unknown");
  EXPECT_FALSE(is_control(MessageKind{200}));
}

TEST(Kinds, TheirAnswersComeUnderTheirOwnLabelOrAsAKindOfControl) {
  EXPECT_EQ(answer_kind(MessageKind::kForward), MessageKind::kForward);
  EXPECT_EQ(answer_kind(MessageKind::kCheckpoint), MessageKind::kCheckpoint);
  EXPECT_EQ(answer_kind(MessageKind::kEpoch), MessageKind::kReport);
  EXPECT_EQ(answer_kind(MessageKind::kStop), MessageKind::kReport);
  EXPECT_EQ(answer_kind(MessageKind::kTrace), MessageKind::kTracePart);
  EXPECT_EQ(answer_kind(MessageKind::kClip), MessageKind::kSquares);
  EXPECT_EQ(answer_kind(MessageKind::kScale), std::nullopt);
  EXPECT_EQ(answer_kind(MessageKind::kTicketBook), std::nullopt);
  EXPECT_EQ(answer_kind(MessageKind::kReport), std::nullopt);
  EXPECT_EQ(answer_kind(MessageKind{10}), std::nullopt);
}

TEST(Kinds, AVisitTakesOnlyWhatIsForIt) {
  for (unsigned number = 0; number < 256; ++number) {
    const auto kind = static_cast<MessageKind>(number);
    int visits = 0;
    const auto count = [&](auto of_kind) {
      EXPECT_EQ(of_kind.kKind, kind);
      ++visits;
    };
    const bool stage = visit_kind<Recipient::kStage>(kind, count);
    const bool node = visit_kind<Recipient::kNode>(kind, count);
    const bool owner = visit_kind<Recipient::kOwner>(kind, count);
    const bool link = visit_kind<Recipient::kLink>(kind, count);
    EXPECT_EQ(stage + node + owner + link, is_known(kind)) << number;
    EXPECT_EQ(link, number == 30 || number == 34) << number;
    EXPECT_EQ(visits, is_known(kind)) << number;
    EXPECT_EQ(owner, number == 20 || number == 22 || number == 25 || number == 28 || number == 35)
        << number;
    EXPECT_EQ(stage, number == 2 || (number >= 4 && number <= 9)) << number;
  }
}

// What keeps a kind from being forgotten by those that go over a list of tasks.
TEST(Kinds, AListThatLacksAKindDoesNotCoverThem) {
  struct Task {
    MessageKind kind;
  };
  const std::array all{Task{MessageKind::kReport}, Task{MessageKind::kTracePart},
                       Task{MessageKind::kCommitment}, Task{MessageKind::kSquares},
                       Task{MessageKind::kRoundTime}};
  const std::array one{Task{MessageKind::kReport}, Task{MessageKind::kForward}};
  EXPECT_TRUE(covers_all_kinds<Recipient::kOwner>(all));
  EXPECT_FALSE(covers_all_kinds<Recipient::kOwner>(one));
}

}  // namespace
}  // namespace mixnn
