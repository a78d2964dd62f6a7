#include "mixnn/session/suspects.hpp"

#include <gtest/gtest.h>

#include "mixnn/onion/format.hpp"
#include "mixnn/onion/peel.hpp"

namespace mixnn {
namespace {

LostCell refused(RejectReason reason, SlotRole role, unsigned layers = 0) {
  return {static_cast<std::uint8_t>(1 + static_cast<unsigned>(reason)),
          static_cast<std::uint8_t>(role), static_cast<std::uint8_t>(layers), 3};
}

constexpr const char* kTheTwo =
    "rank 3 or rank 4 altered it, or somebody on the link from rank 3 to rank 4";

TEST(Suspects, OfAHeaderAreTheTwoEndsOfTheLinkAndTheLink) {
  for (const SlotRole role : {SlotRole::kCover, SlotRole::kOpen, SlotRole::kCrossover})
    for (std::size_t hops = 1; hops <= kMaxHops; ++hops)
      EXPECT_EQ(suspects(refused(RejectReason::kHeaderRest, role), hops, 4), kTheTwo);
}

TEST(Suspects, OfABodyAtACrossoverReachBackToTheLastSeal) {
  const LostCell lost = refused(RejectReason::kBody, SlotRole::kCrossover);
  const char* const with_the_sender_before =
      "rank 3, who sent it to rank 3, or rank 4 altered it, or somebody on a link between them";
  EXPECT_EQ(suspects(lost, 1, 4), kTheTwo) << "it came from the sender";
  EXPECT_EQ(suspects(lost, 2, 4), kTheTwo);
  EXPECT_EQ(suspects(lost, 3, 4), with_the_sender_before);
  EXPECT_EQ(suspects(lost, 4, 4), with_the_sender_before);
  EXPECT_EQ(suspects(lost, 5, 4),
            "rank 3, the sender of its message or rank 4 altered it, or somebody on the link from "
            "rank 3 to rank 4")
      << "relay 2 opened a seal, but the sender made both";
  EXPECT_EQ(suspects(refused(RejectReason::kBody, SlotRole::kOpen), 5, 4), with_the_sender_before);
}

TEST(Suspects, OfABodyAtAReceiverReachBackToTheCrossoverAndHaveTheSender) {
  const auto of = [](unsigned layers) {
    return suspects(refused(RejectReason::kBody, SlotRole::kReceive, layers), 3, 4);
  };
  EXPECT_EQ(of(0), kTheTwo) << "no relays";
  EXPECT_EQ(of(1),
            "rank 3, the sender of its message or rank 4 altered it, or somebody on the link from "
            "rank 3 to rank 4");
  EXPECT_EQ(of(2),
            "rank 3, the relay before it, the sender of its message or rank 4 altered it, or "
            "somebody on a link between these relays and rank 4");
  EXPECT_EQ(of(3),
            "rank 3, one of the 2 relays before it, the sender of its message or rank 4 altered "
            "it, or somebody on a link between these relays and rank 4");
}

TEST(Suspects, OfWhatOnlyTheOwnerWritesIsWhoeverSaysSo) {
  for (const RejectReason reason : {RejectReason::kSlot, RejectReason::kUnwanted})
    EXPECT_EQ(suspects(refused(reason, SlotRole::kReceive), 3, 4),
              "only rank 0 can write such a header, so rank 4 does not follow the protocol");
}

// What a hostile rank reports need not be what a peeler says.
TEST(Suspects, OfNonsenseAreSome) {
  for (std::uint8_t why = 1; why <= 6; ++why)
    for (std::uint8_t role = 0; role <= 4; ++role)
      for (std::uint8_t layers = 0; layers <= 3; ++layers)
        for (std::size_t hops = 0; hops <= kMaxHops; ++hops)
          EXPECT_NE(suspects({why, role, layers, 99}, hops, 1), "");
}

}  // namespace
}  // namespace mixnn
