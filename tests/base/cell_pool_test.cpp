#include "mixnn/base/cell_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mixnn {
namespace {

TEST(CellPool, GivesUpToItsCapacityAndNoMore) {
  CellPool pool(100, 3);
  EXPECT_EQ(pool.capacity(), 3u);
  EXPECT_EQ(pool.cell_bytes(), 100u);
  std::vector<CellBuffer> cells;
  std::set<const std::byte*> places;
  for (int i = 0; i < 3; ++i) {
    cells.push_back(pool.take());
    ASSERT_TRUE(cells.back());
    EXPECT_EQ(cells.back().bytes().size(), 100u);
    std::ranges::fill(cells.back().bytes(), static_cast<std::byte>(i));
    places.insert(cells.back().bytes().data());
  }
  EXPECT_EQ(places.size(), 3u);
  EXPECT_EQ(pool.in_use(), 3u);
  const CellBuffer none = pool.take();
  EXPECT_FALSE(none);
  EXPECT_TRUE(none.bytes().empty());
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(std::ranges::all_of(cells[static_cast<std::size_t>(i)].bytes(),
                                    [&](std::byte b) { return b == static_cast<std::byte>(i); }));
  cells.clear();
  EXPECT_EQ(pool.in_use(), 0u);
}

// Whoever begins the run says how many there may be: a terabyte's worth took 8 GiB for their list.
TEST(CellPool, CellsThatNobodyHasTakenTakeNoMemory) {
  CellPool pool(64, std::size_t{1} << 50);
  EXPECT_TRUE(pool.take());
  EXPECT_EQ(pool.capacity(), std::size_t{1} << 50);
  EXPECT_EQ(pool.peak(), 1u);
}

TEST(CellPool, InBalanceItAllocatesNothing) {
  CellPool pool(64, 1000);
  std::set<const std::byte*> places;
  for (int i = 0; i < 200; ++i) {
    const CellBuffer a = pool.take(), b = pool.take();
    places.insert(a.bytes().data());
    places.insert(b.bytes().data());
  }
  EXPECT_EQ(places.size(), 2u);
  EXPECT_EQ(pool.peak(), 2u);
}

TEST(CellPool, ACellIsGivenBackOnceHoweverItMoved) {
  CellPool pool(64, 2);
  {
    CellBuffer a = pool.take();
    CellBuffer b = std::move(a);
    EXPECT_FALSE(a);
    EXPECT_TRUE(b);
    CellBuffer c;
    c = std::move(b);
    EXPECT_FALSE(b);
    CellBuffer& same = c;
    c = std::move(same);
    EXPECT_TRUE(c);
    EXPECT_EQ(pool.in_use(), 1u);
    c = pool.take();  // the first goes back
    EXPECT_EQ(pool.in_use(), 1u);
    c = {};
    EXPECT_EQ(pool.in_use(), 0u);
  }
  EXPECT_EQ(pool.in_use(), 0u);
  const CellBuffer a = pool.take(), b = pool.take();
  EXPECT_NE(a.bytes().data(), b.bytes().data());
}

TEST(CellPoolDeathTest, ACellThatOutlivesItsPoolStopsTheProgram) {
  EXPECT_DEATH(
      {
        CellBuffer cell;
        CellPool pool(64, 1);
        cell = pool.take();
      },
      "outlived its pool");
}

}  // namespace
}  // namespace mixnn
