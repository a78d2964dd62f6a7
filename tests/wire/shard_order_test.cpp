#include "mixnn/wire/shard_order.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

ShardOrder order() {
  ShardOrder order;
  order.folder = "/shared/run 1";
  order.name.fill(std::byte{7});
  order.public_key.fill(std::byte{9});
  order.chunks = 12;
  return order;
}

TEST(ShardOrder, ComesBackAsItWas) {
  std::vector<std::byte> bytes = encode(order());
  bytes.resize(bytes.size() + 500);  // padding
  const auto read = decode<ShardOrder>(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->folder, order().folder);
  EXPECT_EQ(read->name, order().name);
  EXPECT_EQ(read->public_key, order().public_key);
  EXPECT_EQ(read->chunks, 12u);
}

TEST(ShardReceipt, SaysInTheSameBytesThatAHostCouldNotWrite) {
  const ShardReceipt full = ShardReceipt::of_problem(28);
  EXPECT_EQ(encode(full).size(), encode(ShardReceipt{}).size());
  EXPECT_EQ(decode<ShardReceipt>(encode(full)).value().problem(), 28u);
  ShardReceipt written;
  written.sha256[27] = written.sha256[31] = std::byte{9};
  EXPECT_EQ(written.problem(), 0u);
}

TEST(ShardReceipt, ComesBackAsItWas) {
  ShardReceipt receipt;
  receipt.sha256[31] = std::byte{5};
  EXPECT_EQ(encode(receipt).size(), 32u);
  EXPECT_EQ(decode<ShardReceipt>(encode(receipt)).value().sha256, receipt.sha256);
}

TEST(ShardOrder, RefusesWhatIsMalformed) {
  const std::vector<std::byte> good = encode(order());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode<ShardOrder>(ConstBytes(good).first(size))) << size;
  ShardOrder bad = order();
  bad.folder = "relative";
  EXPECT_FALSE(decode<ShardOrder>(encode(bad)));
  bad.folder = std::string("/a\0b", 4);
  EXPECT_FALSE(decode<ShardOrder>(encode(bad)));
  bad = order();
  bad.chunks = 0;
  EXPECT_FALSE(decode<ShardOrder>(encode(bad)));
}

}  // namespace
}  // namespace mixnn
