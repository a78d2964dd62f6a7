#include "mixnn/wire/ticket_book.hpp"

#include <gtest/gtest.h>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

std::vector<std::byte> random_bytes(CounterRng& rng, std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(rng.next());
  return bytes;
}

struct Page {
  Label label;
  std::vector<std::byte> ticket;
};

std::vector<Page> random_pages(CounterRng& rng, std::size_t count) {
  std::vector<Page> pages;
  for (std::size_t i = 0; i < count; ++i) {
    const Label label{MessageKind::kForward, rng.next(), rng.next(), rng.next()};
    pages.push_back({label, random_bytes(rng, rng.below(300))});
  }
  return pages;
}

std::vector<std::byte> book_of(const std::vector<Page>& pages) {
  BookWriter writer(1 << 20);
  for (const Page& page : pages) writer.add(page.label, page.ticket);
  const ConstBytes book = writer.finish();
  return {book.begin(), book.end()};
}

TEST(TicketBook, WhatIsWrittenIsReadPaddedOrNot) {
  CounterRng rng(1, RandomPurpose::kTest, 0);
  for (const std::size_t count : {0u, 1u, 2u, 17u})
    for (const std::size_t padding : {0u, 1u, 500u}) {
      const std::vector<Page> pages = random_pages(rng, count);
      auto book = book_of(pages);
      book.resize(book.size() + padding);
      const auto read = decode<TicketBook>(book);
      ASSERT_TRUE(read);
      ASSERT_EQ(read->pages.size(), count);
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(read->pages[i].label, pages[i].label);
        EXPECT_EQ(to_hex(read->pages[i].ticket), to_hex(pages[i].ticket));
      }
    }
}

TEST(TicketBook, FitsExactlyWhatItSays) {
  const std::vector<std::byte> ticket(100);
  BookWriter writer(BookWriter::book_overhead() + 2 * (BookWriter::page_overhead() + 100));
  EXPECT_TRUE(writer.empty());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(writer.fits(100));
    EXPECT_EQ(writer.fits(101), i == 0);
    writer.add({}, ticket);
  }
  EXPECT_FALSE(writer.empty());
  EXPECT_FALSE(writer.fits(0));
  EXPECT_EQ(writer.finish().size(),
            BookWriter::book_overhead() + 2 * (BookWriter::page_overhead() + 100));
}

// So that wiping it once wipes all: nothing of it was ever anywhere else.
TEST(TicketBook, DoesNotMoveWhileItIsWritten) {
  BookWriter writer(10000);
  const std::byte* const at = writer.finish().data();
  while (writer.fits(50)) writer.add({}, std::vector<std::byte>(50));
  EXPECT_EQ(writer.finish().data(), at);
}

TEST(TicketBook, CutAnywhereItIsRefused) {
  CounterRng rng(2, RandomPurpose::kTest, 0);
  const auto book = book_of(random_pages(rng, 5));
  for (std::size_t size = 0; size < book.size(); ++size) {
    const std::vector<std::byte> cut(book.begin(),
                                     book.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(decode<TicketBook>(cut).has_value()) << size;
  }
}

TEST(TicketBook, ACountOrASizePastTheEndIsRefused) {
  CounterRng rng(3, RandomPurpose::kTest, 0);
  auto book = book_of(random_pages(rng, 3));
  for (const std::uint32_t count : {4u, 1000u, 0xffffffffu}) {
    std::memcpy(book.data(), &count, 4);
    EXPECT_FALSE(decode<TicketBook>(book).has_value());
  }
  const std::uint32_t one = 1;
  std::memcpy(book.data(), &one, 4);
  EXPECT_TRUE(decode<TicketBook>(book).has_value());
  for (const std::uint32_t size :
       {static_cast<std::uint32_t>(book.size()), 0x7fffffffu, 0xffffffffu}) {
    std::memcpy(book.data() + 4 + 13, &size, 4);
    EXPECT_FALSE(decode<TicketBook>(book).has_value());
  }
}

TEST(TicketBook, RandomBytesAreReadOrRefused) {
  CounterRng rng(4, RandomPurpose::kTest, 0);
  for (int i = 0; i < 20000; ++i) {
    auto bytes = random_bytes(rng, rng.below(200));
    // Often few pages, of small sizes, so that reading comes far.
    for (std::size_t at = 0; at + 4 <= bytes.size() && i % 4 != 0;
         at += at == 0 ? 17 : 17 + rng.below(3)) {
      const std::uint32_t small = rng.below(6);
      std::memcpy(&bytes[at], &small, 4);
    }
    if (const auto book = decode<TicketBook>(bytes))
      for (const BookPage& page : book->pages) {
        if (page.ticket.empty()) continue;
        EXPECT_GE(page.ticket.data(), bytes.data());
        EXPECT_LE(page.ticket.data() + page.ticket.size(), bytes.data() + bytes.size());
      }
  }
}

TEST(TicketBookDeathTest, APageTooManyStopsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the kernels of the tensor library have threads
  BookWriter writer(30);
  const std::vector<std::byte> ticket(10);
  EXPECT_DEATH(writer.add({}, ticket), "past the end of its book");
}

}  // namespace
}  // namespace mixnn
