#include "mixnn/session/lost_request.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

using Known = Report::Known;

const Label kRequest{MessageKind::kBackward, 3, 1, 0};

// From the owner over rank 5 to rank 2, over 6 and 4 to rank 3, and back over 2.
Passages passages() {
  Passages all;
  all.add(kRequest, {3, 0, {2}});
  all.add(kRequest, {2, 3, {6, 4}});
  all.add(kRequest, {0, 2, {5}});
  return all;
}

std::string text(const std::map<std::uint32_t, Known>& known) {
  return lost_request_text(kRequest, passages().of(kRequest), known);
}

TEST(LostRequest, IsBetweenWhoAnsweredAndWhoHasTheTicketAlone) {
  EXPECT_EQ(text({{2, Known::kAnswered}, {3, Known::kTicket}}),
            "the backward of step 3, micro-batch 1 was lost on its way from rank 2 over ranks 6, 4 "
            "to rank 3: one of them did not pass it on, or rank 3 does not say that it came, or a "
            "link between them is cut");
  EXPECT_EQ(
      text({{2, Known::kTicket}, {3, Known::kTicket}}).substr(0, 85),
      "the backward of step 3, micro-batch 1 was lost on its way from rank 0 over rank 5 to ");
}

TEST(LostRequest, IsOnItsWayToTheOwnerIfAllSayThatTheyAnswered) {
  EXPECT_EQ(text({{2, Known::kAnswered}, {3, Known::kAnswered}}),
            "the backward of step 3, micro-batch 1 was lost on its way from rank 3 over rank 2 to "
            "rank 0: one of them did not pass it on, or a link between them is cut");
}

TEST(LostRequest, StandsWhereATicketIsMissingOrNothingIs) {
  EXPECT_EQ(text({{2, Known::kAnswered}, {3, Known::kMessage}}),
            "the backward of step 3, micro-batch 1 waits at rank 3 for the ticket of its answer: a "
            "book from rank 0 to rank 3 was lost on its way over relays, or rank 3 does not say "
            "that it has it");
  EXPECT_EQ(text({{2, Known::kTicketAndMessage}, {3, Known::kTicket}}),
            "the backward of step 3, micro-batch 1 is at rank 2, which has not answered it yet");
  EXPECT_EQ(text({{3, Known::kTicket}}), "");  // rank 2 says nothing
}

TEST(LostRequest, ATicketThatIsAnOrderBeginsWithItsBook) {
  Passages all;
  const Label opening{MessageKind::kOpening, 7, 0, 2};
  all.add(opening, {4, 0, {1, 2}});
  const auto of = [&](Known known) {
    return lost_request_text(opening, all.of(opening), {{4, known}});
  };
  EXPECT_NE(of(Known::kNothing).find("waits at rank 4 for the ticket"), std::string::npos);
  EXPECT_NE(of(Known::kAnswered).find("from rank 4 over ranks 1, 2 to rank 0"), std::string::npos);
}

TEST(LostRequest, WhatHasEndedIsForgotten) {
  Passages all = passages();
  all.ended(kRequest);
  EXPECT_TRUE(all.of(kRequest).empty());
  EXPECT_EQ(lost_request_text(kRequest, {}, {}), "");
}

}  // namespace
}  // namespace mixnn
