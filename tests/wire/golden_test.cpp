// The bytes of every payload as the protocol has them since version 5 (docs/protocol.md), recorded
// before there was a codec. A change of any of them is a new protocol version, and must be meant.
#include <gtest/gtest.h>

#include "mixnn/wire/clipping.hpp"
#include "mixnn/wire/description.hpp"
#include "mixnn/wire/epoch_start.hpp"
#include "mixnn/wire/inquiry.hpp"
#include "mixnn/wire/report.hpp"
#include "mixnn/wire/shard_order.hpp"
#include "mixnn/wire/specification_part.hpp"
#include "mixnn/wire/ticket_book.hpp"
#include "mixnn/wire/trace_part.hpp"

namespace mixnn {
namespace {

void fill(Bytes bytes, int first) {
  for (std::byte& b : bytes) b = static_cast<std::byte>(first++);
}

// Both ways.
template <class T>
void expect_bytes(const T& value, const std::string& hex) {
  EXPECT_EQ(to_hex(encode(value)), hex);
  const std::vector<std::byte> bytes = from_hex(hex).value();  // what is read may be views of it
  const auto read = decode_whole<T>(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(to_hex(encode(*read)), hex);
}

TEST(GoldenBytes, OfTheDescriptionOfAMessage) {
  const MessageInfo info{
      {MessageKind::kBackward, 0x01020304, 0x05060708, 0x090a0b0c}, 0x0d0e0f10, 0x11121314, 0.1f};
  EXPECT_EQ(to_hex(encode_info(info)),
            "0504030201080706050c0b0a09100f0e0d14131211cdcccc3d00000000000000");
}

TEST(GoldenBytes, OfATicketBook) {
  BookWriter writer(1000);
  writer.add({MessageKind::kForward, 7, 8, 9}, bytes_of("first"));
  writer.add({MessageKind::kReport, 0, 0, 3}, bytes_of(""));
  const std::string hex =
      "0200000004070000000800000009000000050000006669727374140000000000000000030000"
      "0000000000";
  EXPECT_EQ(to_hex(writer.finish()), hex);
  expect_bytes(TicketBook{{{{MessageKind::kForward, 7, 8, 9}, bytes_of("first")},
                           {{MessageKind::kReport, 0, 0, 3}, {}}}},
               hex);
}

TEST(GoldenBytes, OfClipping) {
  expect_bytes(ClipOrder{0x01020304, {}}, "0000000004030201");
  expect_bytes(GradientSquares{1.5}, "000000000000f83f");
  expect_bytes(GradientScale{0x01020304, 0.1f}, "04030201cdcccc3d");
}

TEST(GoldenBytes, OfAReport) {
  Report report;
  report.type = Report::Type::kError;
  report.fresh_key.fill(std::byte{0xaa});
  report.counters = {1, 2, 3, 4, {5, 6, 7, 8, 9, std::uint64_t{1} << 40}};
  report.usage.wall = {11, 12, 13, 14, 15, 16, 17};
  report.usage.cpu = 18, report.usage.resident = 19, report.usage.parameters = 20;
  report.usage.optimizer = 21, report.usage.passes = 22, report.usage.pass_bytes = 23;
  report.usage.message_bytes = 24, report.usage.cells = 25, report.usage.cell_limit = 26;
  report.usage.window_bytes = 27;
  report.refused = {{{3, 0x0101}, {2, 1}}};
  report.lost = {5, 4, 2, 3};
  report.known = Report::Known::kMessage;
  report.error = "too late";
  const std::string unused(6 * 24, '0');
  expect_bytes(
      report,
      "0302"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "01000000000000000200000000000000030000000000000004000000000000000500000000"
      "0000000600000000000000070000000000000008000000000000000900000000000000000000"
      "0000010000"
      "03000000"
      "0101000000000000"
      "02000000"
      "0100000000000000" +
          unused +
          "05040203000000"
          "0b000000000000000c000000000000000d000000000000000e000000000000000f"
          "0000000000000010000000000000001100000000000000120000000000000013000000000000"
          "0014000000000000001500000000000000160000000000000017000000000000001b00000000"
          "000000180000000000000019000000000000001a0000000000000008000000746f6f206c617465");
}

TEST(GoldenBytes, OfTheBeginningOfAnEpoch) {
  EpochStart start;
  fill(start.fresh_key, 0x40);
  expect_bytes(start,
               "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
               "00000000");
}

TEST(GoldenBytes, OfAnInquiry) {
  Inquiry inquiry;
  inquiry.about = {MessageKind::kBackward, 0x102, 3, 4};
  expect_bytes(inquiry, "0000000005020100000300000004000000");
}

TEST(GoldenBytes, OfAnOrderForAShardAndItsReceipt) {
  ShardOrder order;
  order.folder = "/shared/run 1";
  fill(order.name, 0x10);
  fill(order.public_key, 0x30);
  order.chunks = 12;
  expect_bytes(order,
               "0d0000002f7368617265642f72756e2031101112131415161718191a1b1c1d1e1f3031323334"
               "35363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f0c000000");
  ShardReceipt receipt;
  fill(receipt.sha256, 0x30);
  expect_bytes(receipt, "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f");
}

TEST(GoldenBytes, OfAPartOfATrace) {
  TracePart part;
  part.now_ns = 0x168bca109e1;
  part.events.push_back({Activity::kSeal, {5, 6, 7}, 0x168bca19ce4, 0x9735, 0});
  expect_bytes(part,
               "e109a1bc680100000000000000000000010000000200050600000007000000e49ca1bc680100"
               "003597000000000000");
}

TEST(GoldenBytes, OfAPartOfASpecification) {
  expect_bytes(SpecificationPart{0x10203, "{}"}, "03020100020000007b7d");
}

}  // namespace
}  // namespace mixnn
