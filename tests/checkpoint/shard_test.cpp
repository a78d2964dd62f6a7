#include "mixnn/checkpoint/shard.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mixnn {
namespace {

// P2: hosts are told the number of chunks, which follows from the largest stage.
TEST(Shard, ChunksTellTheSizeOfTheLargestStageRoughly) {
  const std::size_t expected[] = {1, 2, 3, 4, 6, 6, 8, 8, 12, 12, 12, 12, 16};
  for (std::size_t chunks = 1; chunks <= std::size(expected); ++chunks)
    EXPECT_EQ(rounded_chunks(chunks), expected[chunks - 1]) << chunks;
  std::set<std::size_t> sizes;
  for (std::size_t chunks = 1; chunks <= 100'000; ++chunks) {
    const std::size_t rounded = rounded_chunks(chunks);
    sizes.insert(rounded);
    EXPECT_GE(rounded, chunks);
    EXPECT_LE(2 * rounded, 3 * chunks) << chunks;  // never more than half as much again
  }
  EXPECT_LT(sizes.size(), 36u);
}

}  // namespace
}  // namespace mixnn
