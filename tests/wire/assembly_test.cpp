#include "mixnn/wire/assembly.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

TEST(Cutting, CellsCoverTheMessageOnceInOrder) {
  for (const std::size_t body : {1u, 7u, 64u})
    for (std::size_t size = 0; size <= 4 * body + 1; ++size) {
      std::vector<std::byte> message(size);
      const std::size_t cells = cells_for(size, body);
      EXPECT_GE(cells, 1u);
      EXPECT_GE(cells * body, size);
      if (size > 0) {
        EXPECT_LT((cells - 1) * body, size);
      }
      std::size_t covered = 0;
      for (std::size_t i = 0; i < cells + 2; ++i) {  // and two cells of padding
        const ConstBytes payload = payload_of(message, i, body);
        EXPECT_LE(payload.size(), body);
        if (!payload.empty()) {
          EXPECT_EQ(payload.data(), message.data() + covered);
        }
        covered += payload.size();
        if (i >= cells) {
          EXPECT_TRUE(payload.empty());
        }
      }
      EXPECT_EQ(covered, size);
    }
}

TEST(Joining, WhatWasCutIsJoinedInAnyOrder) {
  CounterRng rng(1, RandomPurpose::kTest, 0);
  const std::size_t body = 48;
  for (const std::size_t size : {0u, 1u, 47u, 48u, 49u, 95u, 96u, 97u, 480u})
    for (std::size_t extra = 0; extra < 3; ++extra)
      for (int round = 0; round < 20; ++round) {
        std::vector<std::byte> message(size);
        for (std::byte& b : message) b = static_cast<std::byte>(rng.next());
        const std::size_t cells = cells_for(size, body) + extra;
        Assembly assembly(AlignedBuffer(cells * body + round), cells, body);
        EXPECT_EQ(assembly.cells(), cells);
        std::vector<std::size_t> order(cells);
        std::iota(order.begin(), order.end(), std::size_t{0});
        shuffle(std::span(order), rng);
        for (std::size_t n = 0; n < cells; ++n) {
          const std::size_t index = order[n];
          EXPECT_FALSE(assembly.has(index));
          const Bytes place = assembly.place(index);
          ASSERT_EQ(place.size(), body);
          const ConstBytes payload = payload_of(message, index, body);
          std::ranges::fill(place, std::byte{0});
          copy_bytes(payload, place);
          EXPECT_EQ(assembly.mark_arrived(index), n + 1 == cells);
          EXPECT_TRUE(assembly.has(index));
        }
        const AlignedBuffer joined = assembly.take();
        EXPECT_EQ(to_hex(joined.bytes().first(size)), to_hex(message));
        for (const std::byte b : joined.bytes().subspan(size, cells * body - size))
          EXPECT_EQ(b, std::byte{0});
      }
}

TEST(JoiningDeathTest, BrokenPromisesStopTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the kernels of the tensor library have threads
  EXPECT_DEATH(Assembly(AlignedBuffer(95), 2, 48), "too small");
  Assembly assembly(AlignedBuffer(96), 2, 48);
  EXPECT_FALSE(assembly.mark_arrived(1));
  EXPECT_DEATH(assembly.mark_arrived(1), "twice");
  EXPECT_DEATH(assembly.place(2), "past the end of a message");
  EXPECT_DEATH(assembly.mark_arrived(2), "past the end of a message");
  EXPECT_DEATH(static_cast<void>(assembly.has(2)), "past the end of a message");
}

TEST(BufferStock, GivesOutAgainWhatWasPutBack) {
  BufferStock stock;
  AlignedBuffer first = stock.take(100), second = stock.take(200);
  const std::byte* const at_first = first.data();
  const std::byte* const at_second = second.data();
  stock.put(std::move(first));
  stock.put(std::move(second));
  AlignedBuffer large = stock.take(150);
  EXPECT_EQ(large.data(), at_second) << "the smaller one does not do";
  AlignedBuffer small = stock.take(100);
  EXPECT_EQ(small.data(), at_first);
  AlignedBuffer fresh = stock.take(100);
  EXPECT_NE(fresh.data(), at_first);
  EXPECT_NE(fresh.data(), at_second);
  EXPECT_GE(fresh.size(), 100u);
}

TEST(BufferStock, DoesNotKeepEmptyBuffers) {
  BufferStock stock;
  stock.put(AlignedBuffer());
  EXPECT_EQ(stock.take(1).size(), 1u);
}

TEST(BufferStock, InBalanceItAllocatesNothing) {
  BufferStock stock;
  std::vector<const std::byte*> seen;
  for (int i = 0; i < 100; ++i) {
    AlignedBuffer a = stock.take(1000), b = stock.take(1000);
    seen.push_back(a.data());
    seen.push_back(b.data());
    stock.put(std::move(a));
    stock.put(std::move(b));
  }
  std::ranges::sort(seen);
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(seen.size(), 2u);
}

}  // namespace
}  // namespace mixnn
