#include "mixnn/tensor/table.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mixnn {
namespace {

const std::vector<std::uint16_t> kWords{1, 2, 3, 300, 5, 6, 7, 8};

TEST(Table, HasRowsOfOneTypeAndShape) {
  const Table table = Table::of({2}, kWords);
  EXPECT_EQ(table.type(), ElementType::kUint16);
  EXPECT_EQ(table.row_bytes(), 4u);
  EXPECT_EQ(table.rows(), 4u);
  EXPECT_EQ(Table::of({}, std::vector<float>{1, 2}).rows(), 2u);
  EXPECT_EQ(Table().rows(), 0u);
  EXPECT_DEATH(Table::of({3}, kWords), "whole rows");
}

TEST(Table, GathersRowsInTheOrderAskedFor) {
  const Table table = Table::of({2}, kWords);
  const std::vector<std::uint32_t> indices{1, 0, 1, 3};
  std::vector<std::uint16_t> out(8);
  table.gather(indices, std::as_writable_bytes(std::span(out)));
  EXPECT_EQ(out, (std::vector<std::uint16_t>{3, 300, 1, 2, 3, 300, 7, 8}));
  std::vector<std::byte> one(4);
  EXPECT_DEATH(table.gather(std::vector<std::uint32_t>{4}, one), "no such row");
  EXPECT_DEATH(table.gather(indices, one), "size of gathered rows");
}

TEST(Table, ShowsARunOfRows) {
  const Table table = Table::of({2}, kWords);
  EXPECT_TRUE(std::ranges::equal(table.rows(1, 2), table.bytes().subspan(4, 8)));
  EXPECT_EQ(table.rows(4, 0).size(), 0u);
  EXPECT_DEATH(table.rows(3, 2), "no such rows");
}

TEST(Table, KeepsTheFirstRows) {
  Table table = Table::of({2}, kWords);
  const Table two = table.first(2);
  table.limit(9);
  EXPECT_EQ(table.rows(), 4u);
  table.limit(2);
  EXPECT_TRUE(std::ranges::equal(table.bytes(), two.bytes()));
  EXPECT_EQ(two.rows(), 2u);
}

TEST(Table, ShowsItsRowsInAnotherShape) {
  const Table table = Table::of({4}, kWords).shaped({1, 2, 2});
  EXPECT_EQ(table.row_shape(), (Shape{1, 2, 2}));
  EXPECT_EQ(table.rows(), 2u);
  EXPECT_DEATH(table.shaped({3}), "as many numbers");
}

TEST(Table, OutlivesTheOneItIsPartOf) {
  Table part;
  {
    const Table all = Table::of({2}, kWords);
    part = all.first(1);
    EXPECT_EQ(part.bytes().data(), all.bytes().data());
  }
  EXPECT_EQ(part.bytes()[2], std::byte{2});
}

}  // namespace
}  // namespace mixnn
