#include "mixnn/wire/description.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

constexpr unsigned kKinds[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  16, 17, 18, 19,
                               20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 34, 35};

TEST(Description, WhatIsEncodedIsDecoded) {
  CounterRng rng(1, RandomPurpose::kTest, 0);
  for (const unsigned kind : kKinds)
    for (int i = 0; i < 50; ++i) {
      MessageInfo info;
      info.label = {static_cast<MessageKind>(kind), rng.next(), rng.next(), rng.next()};
      info.micro_batches = rng.next();
      info.rows = rng.next();
      info.learning_rate = rng.uniform();
      info.first_row = rng.next();
      const std::optional<MessageInfo> decoded = decode<MessageInfo>(encode_info(info));
      ASSERT_TRUE(decoded);
      EXPECT_EQ(decoded->label, info.label);
      EXPECT_EQ(decoded->micro_batches, info.micro_batches);
      EXPECT_EQ(decoded->rows, info.rows);
      EXPECT_EQ(decoded->learning_rate, info.learning_rate);
      EXPECT_EQ(decoded->first_row, info.first_row);
    }
}

TEST(Description, UnknownKindsAreRefused) {
  for (unsigned kind = 0; kind < 256; ++kind) {
    EncodedInfo bytes{};
    bytes[0] = static_cast<std::byte>(kind);
    EXPECT_EQ(decode<MessageInfo>(bytes).has_value(), std::ranges::count(kKinds, kind) == 1)
        << kind;
  }
}

TEST(Description, RandomBytesAreDecodedOrRefused) {
  CounterRng rng(2, RandomPurpose::kTest, 0);
  for (int i = 0; i < 20000; ++i) {
    EncodedInfo bytes;
    for (std::byte& b : bytes) b = static_cast<std::byte>(rng.next());
    if (i % 2 == 0) bytes[0] = static_cast<std::byte>(kKinds[rng.below(std::size(kKinds))]);
    const auto info = decode<MessageInfo>(bytes);
    if (i % 2 == 0) {
      EXPECT_TRUE(info);
    }
    if (!info) continue;
    const EncodedInfo again = encode_info(*info);
    EXPECT_TRUE(std::equal(again.begin(), again.begin() + 25, bytes.begin()) ||
                info->learning_rate != info->learning_rate);
  }
}

TEST(Description, KindsBelowSixteenGoThroughRelays) {
  for (const unsigned kind : kKinds)
    EXPECT_EQ(is_control(static_cast<MessageKind>(kind)), kind >= 16);
}

TEST(Description, NamesAreDistinctAndReadable) {
  std::set<std::string> names;
  for (const unsigned kind : kKinds) names.insert(to_string(static_cast<MessageKind>(kind)));
  EXPECT_EQ(names.size(), std::size(kKinds));
  EXPECT_EQ(to_string(Label{MessageKind::kForward, 3, 1, 0}), "forward of step 3, micro-batch 1");
  EXPECT_EQ(to_string(Label{MessageKind::kTest, 0, 4, 0}), "test chunk 4");
  EXPECT_EQ(to_string(Label{MessageKind::kParameters, 0, 0, 2}), "parameters part 2");
}

TEST(Label, DiffersInEveryField) {
  const Label label{MessageKind::kForward, 1, 1, 1};
  const std::set<Label> labels{label,
                               {MessageKind::kTest, 1, 1, 1},
                               {MessageKind::kForward, 2, 1, 1},
                               {MessageKind::kForward, 1, 2, 1},
                               {MessageKind::kForward, 1, 1, 2}};
  EXPECT_EQ(labels.size(), 5u);
}

}  // namespace
}  // namespace mixnn
