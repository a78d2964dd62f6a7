#include "mixnn/machine/shared_cells.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "machine/forked_host.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

class SharedCellsTest : public testing_machine::OnHosts {};
INSTANTIATE_TEST_SUITE_P(, SharedCellsTest, testing::Values(1, 2, 5, 8),
                         testing_machine::ranks_name);

TEST_P(SharedCellsTest, HandsOverTheMemoryItself) {
  on_host([](HostGroup& host) {
    const int me = host.number(), next = (me + 1) % host.count();
    SharedCells shared(host);
    ASSERT_TRUE(shared.usable());
    const std::unique_ptr<CellPool> pool = shared.make_pool(4096, 4);
    EXPECT_TRUE(shared.owns(*pool));
    CellBuffer cell = pool->take();
    std::memset(cell.bytes().data(), 10 + me, cell.bytes().size());
    const std::byte* const mine = cell.bytes().data();
    shared.hand_over(next, std::move(cell));
    EXPECT_EQ(pool->lent(), 1u);
    EXPECT_TRUE(shared.has_mail(next));
    host.barrier("handing over");
    std::optional<SharedCells::Arrived> arrived = shared.take();
    ASSERT_TRUE(arrived);
    EXPECT_EQ(arrived->number, (me + host.count() - 1) % host.count());
    EXPECT_EQ(arrived->cell.bytes().back(), static_cast<std::byte>(10 + arrived->number));
    // What the receiver writes, the sender sees: there is one memory.
    arrived->cell.bytes()[7] = std::byte{99};
    host.barrier("writing");
    EXPECT_EQ(mine[7], std::byte{99});
    EXPECT_FALSE(shared.take());
    EXPECT_FALSE(shared.has_mail(me));
    arrived.reset();
    host.barrier("giving back");
    for (int i = 0; i < 4; ++i) {  // the cell is back
      const CellBuffer again = pool->take();
      EXPECT_TRUE(again);
    }
    std::vector<CellBuffer> all;
    while (CellBuffer one = pool->take()) all.push_back(std::move(one));
    EXPECT_EQ(all.size(), 4u);
    EXPECT_EQ(pool->lent(), 0u);
  });
}

// So a rank gets a turn when it can do something with it.
TEST_P(SharedCellsTest, HasMailWhenAsManyCellsHaveComeAsTheRankWaitsFor) {
  on_host([](HostGroup& host) {
    const int me = host.number(), next = (me + 1) % host.count();
    SharedCells shared(host);
    const std::unique_ptr<CellPool> pool = shared.make_pool(64, 4);
    shared.wait_for(3);
    host.barrier("waiting for three");
    for (int sent = 1; sent <= 3; ++sent) {
      shared.hand_over(next, pool->take());
      host.barrier("handing over");
      EXPECT_EQ(shared.has_mail(me), sent == 3);
      host.barrier("looking");
    }
    EXPECT_TRUE(shared.take());  // they may be taken before, too
    EXPECT_FALSE(shared.has_mail(me));
    host.barrier("taking");
    shared.hand_over(next, pool->take());
    host.barrier("one more");
    EXPECT_FALSE(shared.has_mail(me));
    shared.wait_for(1);
    EXPECT_TRUE(shared.has_mail(me));
    shared.drop_arrived();
    host.barrier("end");
  });
}

TEST_P(SharedCellsTest, KeepsTheOrderOfOneSender) {
  on_host([](HostGroup& host) {
    SharedCells shared(host);
    const std::unique_ptr<CellPool> pool = shared.make_pool(64, 32);
    for (int i = 0; i < 32; ++i) {
      CellBuffer cell = pool->take();
      cell.bytes()[0] = static_cast<std::byte>(i);
      shared.hand_over((host.number() + 1) % host.count(), std::move(cell));
    }
    EXPECT_FALSE(pool->take());
    host.barrier("handing over");
    for (int i = 0; i < 32; ++i) {
      const std::optional<SharedCells::Arrived> arrived = shared.take();
      ASSERT_TRUE(arrived);
      EXPECT_EQ(arrived->cell.bytes()[0], static_cast<std::byte>(i));
    }
    host.barrier("taking");
  });
}

// A cell that goes round belongs to its first rank all the time, and comes home from the last.
TEST_P(SharedCellsTest, ACellComesHomeFromWhoeverHoldsItLast) {
  on_host([](HostGroup& host) {
    const int me = host.number(), next = (me + 1) % host.count();
    SharedCells shared(host);
    const std::unique_ptr<CellPool> pool = shared.make_pool(64, 1);
    shared.hand_over(next, pool->take());
    for (int hop = 1; hop < host.count(); ++hop) {
      std::optional<SharedCells::Arrived> arrived;
      const Stopwatch watch;
      while (!(arrived = shared.take())) ASSERT_LT(watch.seconds(), 30);
      host.barrier("passing on");
      shared.hand_over(next, std::move(arrived->cell));
    }
    host.barrier("passing on");
    EXPECT_FALSE(pool->take()) << "it is on its way still";
    const std::optional<SharedCells::Arrived> last = shared.take();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->number, (me + host.count() - 1) % host.count());
    host.barrier("taking");
  });
}

TEST(SharedCells, RefusesACellOfAnotherPool) {
  testing_machine::ForkedHost host;
  SharedCells shared(host);
  const std::unique_ptr<CellPool> pool = shared.make_pool(64, 1);
  CellPool other(64, 1);
  EXPECT_FALSE(shared.owns(other));
  EXPECT_DEATH(shared.hand_over(0, other.take()), "a cell that is not shared");
}

}  // namespace
}  // namespace mixnn
