#include "mixnn/wire/report.hpp"

#include <gtest/gtest.h>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

Report example() {
  Report report;
  report.type = Report::Type::kError;
  report.known = Report::Known::kAnswered;
  report.fresh_key.fill(std::byte{10});
  report.counters.received = 1, report.counters.sent = 2, report.counters.forwarded = 3,
  report.counters.delivered = 4;
  report.counters.rejected = {5, 6, 7, 8, 9, std::uint64_t{1} << 40};
  report.usage.wall = {11, 12, 13, 14, 15, 16, 17};
  report.usage.cpu = 18, report.usage.resident = 19, report.usage.parameters = 20;
  report.usage.optimizer = 21, report.usage.passes = 22, report.usage.pass_bytes = 23;
  report.usage.message_bytes = 24, report.usage.cells = 25, report.usage.cell_limit = 26;
  report.refused[0] = {3, 5}, report.refused[1] = {2, std::uint64_t{1} << 33};
  report.lost = {5, 4, 2, 3};
  report.error = "refused a cell of the run";
  return report;
}

TEST(Report, WhatIsEncodedIsDecodedPaddedOrNot) {
  for (const auto type : {Report::Type::kAcknowledged, Report::Type::kFinal, Report::Type::kError})
    for (const std::size_t padding : {0u, 1u, 700u}) {
      Report report = example();
      report.type = type;
      auto bytes = encode(report);
      bytes.resize(bytes.size() + padding);
      const auto decoded = decode<Report>(bytes);
      ASSERT_TRUE(decoded);
      EXPECT_EQ(decoded->type, type);
      EXPECT_EQ(decoded->known, report.known);
      EXPECT_EQ(decoded->fresh_key, report.fresh_key);
      EXPECT_EQ(decoded->counters.received, 1u);
      EXPECT_EQ(decoded->counters.sent, 2u);
      EXPECT_EQ(decoded->counters.forwarded, 3u);
      EXPECT_EQ(decoded->counters.delivered, 4u);
      EXPECT_EQ(decoded->counters.rejected, report.counters.rejected);
      EXPECT_EQ(decoded->counters.all_rejected(), 35 + (std::uint64_t{1} << 40));
      EXPECT_EQ(decoded->refused, report.refused);
      EXPECT_EQ(decoded->lost, report.lost);
      EXPECT_EQ(decoded->usage, report.usage);
      EXPECT_EQ(decoded->error, report.error);
    }
}

// Nothing of what a rank did shows in the length.
TEST(Report, IsOfOneSizeWhateverWasUsed) {
  Report idle = example(), busy = example();
  idle.usage = {};
  busy.usage.cpu = ~std::uint64_t{0};
  idle.refused = {}, idle.lost = {};
  EXPECT_EQ(encode(idle).size(), encode(busy).size());
}

TEST(Report, ALongErrorIsCutToFitTheSmallestCell) {
  Report report = example();
  report.error.assign(5000, 'x');
  const auto bytes = encode(report);
  EXPECT_LE(bytes.size(), 1792u);
  const auto decoded = decode<Report>(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->error, std::string(1000, 'x'));
}

TEST(Report, CutAnywhereItIsRefused) {
  const auto bytes = encode(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> cut(bytes.begin(),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(decode<Report>(cut).has_value()) << size;
  }
}

TEST(Report, UnknownTypesAreRefused) {
  auto bytes = encode(example());
  for (unsigned type = 0; type < 256; ++type) {
    bytes[0] = static_cast<std::byte>(type);
    EXPECT_EQ(decode<Report>(bytes).has_value(), type >= 1 && type <= 3) << type;
  }
}

TEST(Report, UnknownKnowledgeIsRefused) {
  auto bytes = encode(example());
  for (unsigned known = 0; known < 256; ++known) {
    bytes[1] = static_cast<std::byte>(known);
    EXPECT_EQ(decode<Report>(bytes).has_value(), known <= 4) << known;
  }
}

// The owner prints what a hostile rank wrote.
TEST(Report, AnErrorCannotSteerTheTerminal) {
  for (int c = 0; c < 256; ++c) {
    Report report = example();
    report.error = std::string("a") + static_cast<char>(c) + "b";
    const auto decoded = decode<Report>(encode(report));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->error, c >= ' ' && c <= '~' ? report.error : "a?b") << c;
  }
  // Nor can one that did not use encode() write a longer text.
  Report report = example();
  report.error.clear();
  auto bytes = encode(report);
  const std::uint32_t size = 3000;
  std::memcpy(bytes.data() + bytes.size() - 4, &size, 4);
  bytes.resize(bytes.size() + size, std::byte{'y'});
  EXPECT_EQ(decode<Report>(bytes).value().error, std::string(1000, 'y'));
}

TEST(Report, RandomBytesAreDecodedOrRefused) {
  CounterRng rng(1, RandomPurpose::kTest, 0);
  int decoded = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> bytes(rng.below(500));
    for (std::byte& b : bytes) b = static_cast<std::byte>(rng.next());
    if (bytes.size() >= 357) {
      bytes[0] = static_cast<std::byte>(1 + rng.below(3));
      bytes[1] = std::byte{0};         // nothing is known
      std::memset(&bytes[210], 1, 3);  // of a lost cell, in range
      const std::uint32_t size = rng.below(80);
      std::memcpy(&bytes[353], &size, 4);
    }
    if (const auto report = decode<Report>(bytes)) {
      ++decoded;
      EXPECT_LE(report->error.size(), bytes.size());
    }
  }
  EXPECT_GT(decoded, 1000);
}

}  // namespace
}  // namespace mixnn
