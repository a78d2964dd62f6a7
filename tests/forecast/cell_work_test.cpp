#include "mixnn/forecast/cell_work.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

constexpr CellCosts kCosts{.aead = {2, 0.5},
                           .wrap = 100,
                           .relay = 200,
                           .receive = 300,
                           .slot = 10,
                           .hand_over = {7, 0.25}};
const MessageSizes kSizes{.cell_bytes = 4096, .cells = 1};

double layer() { return 2 + 0.5 * static_cast<double>(kSizes.body_bytes()); }
double part(WorkSeconds work, WorkKind kind) { return at(work, kind); }

// Three hops: the sender lays on 3 body layers, relays take off 1, 2 and 1, the receiver the
// last 3.
TEST(CellWork, EveryPlaceSealsItsLayers) {
  const CellWork work(kCosts, kSizes, 3);
  EXPECT_DOUBLE_EQ(part(work.sending(false, 1), WorkKind::kSealing), 3 * layer());
  const double layers[] = {1, 2, 1, 3};
  for (std::size_t position = 0; position <= 3; ++position)
    EXPECT_DOUBLE_EQ(part(work.taking(position, 1), WorkKind::kSealing), layers[position] * layer())
        << position;
}

TEST(CellWork, RelaysAndReceiverDifferInTheirHeaders) {
  const CellWork work(kCosts, kSizes, 3);
  EXPECT_DOUBLE_EQ(part(work.sending(false, 1), WorkKind::kHeaders), 100);
  EXPECT_DOUBLE_EQ(part(work.taking(2, 1), WorkKind::kHeaders), 200);
  EXPECT_DOUBLE_EQ(part(work.taking(3, 1), WorkKind::kHeaders), 300);
  EXPECT_DOUBLE_EQ(part(work.taking(0, 1), WorkKind::kHandOver), 7 + 0.25 * 4096);
}

TEST(CellWork, OnlyTheOwnerMakesTickets) {
  const CellWork work(kCosts, kSizes, 3);
  EXPECT_DOUBLE_EQ(part(work.sending(true, 1), WorkKind::kTickets), 4 * 10);
  EXPECT_DOUBLE_EQ(part(work.sending(false, 1), WorkKind::kTickets), 0);
}

TEST(CellWork, GrowsWithTheCells) {
  const CellWork work(kCosts, kSizes, 2);
  EXPECT_DOUBLE_EQ(sum(work.sending(true, 5)), 5 * sum(work.sending(true, 1)));
  EXPECT_DOUBLE_EQ(sum(work.taking(1, 5)), 5 * sum(work.taking(1, 1)));
  EXPECT_DOUBLE_EQ(sum(work.taking(1, 5)), sum(work.taking(1, 2)) + sum(work.taking(1, 3)));
}

}  // namespace
}  // namespace mixnn
