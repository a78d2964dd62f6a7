#include "mixnn/forecast/book_supply.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace mixnn {
namespace {

TEST(BookSupply, AsksForABookWhenNoTicketIsLeft) {
  BookSupply supply(3, 2);
  std::vector<bool> asked;
  for (int i = 0; i < 9; ++i) asked.push_back(supply.use());
  EXPECT_EQ(asked, (std::vector<bool>{false, false, true, false, false, true, false, false, true}));
}

TEST(BookShape, FitsIntoOneMessageAndHoldsOneTicketAtLeast) {
  for (const std::size_t cell : {4096u, 65536u})
    for (const std::size_t cells : {1u, 5u})
      for (const std::size_t hops : {0u, 3u, 5u}) {
        const MessageSizes sizes{.cell_bytes = cell, .cells = cells};
        const BookShape book = book_shape(sizes, hops, 1000, 2000);
        EXPECT_GE(book.tickets, 1);
        EXPECT_EQ(book.tickets, std::floor(book.tickets));
        EXPECT_GT(book.bytes, 0);
        EXPECT_LE(book.bytes, static_cast<double>(sizes.capacity()));
        // Uniform padding: each ticket is for as many cells as any message has.
        EXPECT_DOUBLE_EQ(book.slots,
                         book.tickets * static_cast<double>(cells) * static_cast<double>(hops + 1));
      }
}

TEST(BookShape, TicketsForSmallMessagesAreMore) {
  const MessageSizes sizes{.cell_bytes = 4096, .cells = 20, .padding = Padding::kCells};
  EXPECT_GT(book_shape(sizes, 3, 1000, 1000).tickets, book_shape(sizes, 3, 30000, 1000).tickets);
}

}  // namespace
}  // namespace mixnn
