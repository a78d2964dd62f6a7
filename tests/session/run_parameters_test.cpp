#include "mixnn/session/run_parameters.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <tuple>

#include "mixnn/session/handshake.hpp"

namespace mixnn {
namespace {

RunParameters golden_parameters(const MixStrategy& mix) {
  RunParameters parameters;
  parameters.suite = AeadSuite::kChaCha20Poly1305;
  parameters.cell_bytes = 4096;
  parameters.pool_cells = 77;
  parameters.serial_bits = 24;
  parameters.mix = mix;
  parameters.trace_events = 1000;
  parameters.hops = 3;
  return parameters;
}

const std::string kShuffled = "02001000004d0000001801000000404b4c0000000000e80300000103";
const std::string kThreshold = "02001000004d0000001803000000002d310100000000e80300000103";

// Recorded before there was a codec. Other bytes are a new protocol version, and must be meant.
TEST(RunParameters, TheirBytesAreThoseOfTheProtocol) {
  const ThresholdMix three{3, std::chrono::milliseconds(20)};
  EXPECT_EQ(to_hex(encode(golden_parameters(ShuffleMix{}))), kShuffled);
  EXPECT_EQ(to_hex(encode(golden_parameters(three))), kThreshold);
  const auto shuffled = decode_whole<RunParameters>(from_hex(kShuffled).value());
  const auto threshold = decode_whole<RunParameters>(from_hex(kThreshold).value());
  ASSERT_TRUE(shuffled && threshold);
  EXPECT_EQ(shuffled->mix, MixStrategy(ShuffleMix{}));
  EXPECT_EQ(threshold->mix, MixStrategy(three));
  EXPECT_EQ(threshold->cell_bytes, 4096u);
  EXPECT_EQ(threshold->pool_cells, 77u);
  EXPECT_EQ(threshold->serial_bits, 24u);
  EXPECT_EQ(threshold->trace_events, 1000u);
  EXPECT_EQ(threshold->traffic, TrafficKind::kOnion);
  EXPECT_EQ(threshold->hops, 3u);
}

TEST(RunParameters, InRoundsAllowanceAndPaceStandBehindTheHops) {
  RunParameters parameters = golden_parameters(ShuffleMix{});
  parameters.traffic = TrafficKind::kRounds;
  parameters.allowance = 3;
  parameters.period_ns = 4'000'000;
  const std::string onion = kShuffled.substr(0, kShuffled.size() - 4);
  EXPECT_EQ(to_hex(encode(parameters)), onion + "0203" + "204e0000" + "03" + "00093d0000000000");
  const auto again = decode_whole<RunParameters>(encode(parameters));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->allowance, 3u);
  EXPECT_EQ(again->period(), std::chrono::milliseconds(4));
  for (const unsigned allowance : {0u, 65u, 255u}) {
    parameters.allowance = static_cast<std::uint8_t>(allowance);
    EXPECT_FALSE(decode<RunParameters>(encode(parameters)));
  }
  parameters.allowance = 64;
  EXPECT_TRUE(decode<RunParameters>(encode(parameters)));
  parameters.period_ns = static_cast<std::uint64_t>(kMostPeriod.count()) + 1;
  EXPECT_FALSE(decode<RunParameters>(encode(parameters)));
}

TEST(RunParameters, ThoseThatNoOwnerSendsAreRefused) {
  const auto refused = [](const std::function<void(RunParameters&)>& change) {
    RunParameters parameters = golden_parameters(ShuffleMix{});
    change(parameters);
    return !decode<RunParameters>(encode(parameters)).has_value();
  };
  EXPECT_FALSE(refused([](RunParameters&) {}));
  EXPECT_TRUE(refused([](RunParameters& p) { p.suite = AeadSuite{0}; }));
  EXPECT_TRUE(refused([](RunParameters& p) { p.suite = AeadSuite{3}; }));
  EXPECT_TRUE(refused([](RunParameters& p) { p.cell_bytes = kMinCellBytes - 1; }));
  EXPECT_TRUE(refused([](RunParameters& p) { p.cell_bytes = kMaxCellBytes + 1; }));
  EXPECT_TRUE(refused([](RunParameters& p) { p.pool_cells = 0; }));
  EXPECT_TRUE(refused([](RunParameters& p) { p.pool_cells = 0xffffffff; }));
  EXPECT_TRUE(refused([](RunParameters& p) { p.mix = ThresholdMix{0, {}}; }));
  EXPECT_TRUE(refused([](RunParameters& p) { p.trace_events = kMaxTraceEvents + 1; }));
  EXPECT_TRUE(refused([](RunParameters& p) { p.traffic = TrafficKind{0}; }));
  EXPECT_TRUE(refused([](RunParameters& p) { p.traffic = TrafficKind{3}; }));
  for (const auto& [traffic, least, most] :
       {std::tuple{TrafficKind::kOnion, 0u, 5u}, std::tuple{TrafficKind::kRounds, 1u, 3u}})
    for (unsigned hops = 0; hops < 256; ++hops)
      EXPECT_EQ(refused([&](RunParameters& p) {
                  p.traffic = traffic;
                  p.hops = static_cast<std::uint8_t>(hops);
                }),
                hops < least || hops > most)
          << hops;
  for (const std::uint32_t patience : {0u, 1u, 20'000u, 20'001u})
    EXPECT_EQ(refused([&](RunParameters& p) {
                p.traffic = TrafficKind::kRounds;
                p.patience_ms = patience;
              }),
              patience == 0 || patience > 20'000);
  EXPECT_EQ(patience_ms(std::chrono::seconds(60)), 20'000u);
  EXPECT_EQ(patience_ms(std::chrono::seconds(6)), 2'000u);
  EXPECT_EQ(patience_ms(std::chrono::hours(1)), 20'000u);
  EXPECT_EQ(patience_ms(Nanoseconds(1)), 1u);
  // A node takes a bit for each serial at once: 40 bits were 128 GiB, and the end of the node.
  for (unsigned bits = 0; bits < 256; ++bits)
    EXPECT_EQ(refused([&](RunParameters& p) { p.serial_bits = static_cast<std::uint8_t>(bits); }),
              bits < 2 || bits > 28 || bits % 2 != 0)
        << bits;
}

TEST(HandshakePayloads, TheirBytesAreThoseOfTheProtocol) {
  EXPECT_EQ(to_hex(encode(Capabilities{5, true, "OpenBLAS 1", "Zen", "MUNGE"})),
            "05000000010a0000004f70656e424c41532031030000005a656e050000004d554e4745");
  RunStart start;
  start.parameters = golden_parameters(ShuffleMix{});
  for (unsigned i = 0; i < 32; ++i) start.root.bytes()[i] = static_cast<std::byte>(i);
  EXPECT_EQ(
      to_hex(encode(start)),
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" + kShuffled + "00000000");
}

TEST(HandshakePayloads, AHelloIsThatOfTheProtocol) {
  Hello hello;
  hello.protocol = 5;
  hello.authentication = Authentication::kKeys;
  hello.job.fill(std::byte{0x11});
  hello.owner.fill(std::byte{0x22});
  hello.roster.fill(std::byte{0x33});
  EXPECT_EQ(to_hex(encode(hello)),
            "0500000002" + std::string(32, '1') + std::string(64, '2') + std::string(64, '3'));
  EXPECT_EQ(to_hex(encode(Refusal{"no"})), "020000006e6f");
}

TEST(HandshakePayloads, NamesThatCouldSteerATerminalOrAreLongAreRefused) {
  const auto accepted = [](const std::string& core) {
    return decode<Capabilities>(encode(Capabilities{5, true, "OpenBLAS", core, ""})).has_value();
  };
  EXPECT_TRUE(accepted(std::string(64, 'x')));
  EXPECT_FALSE(accepted(std::string(65, 'x')));
  for (int c = 0; c < 256; ++c)
    EXPECT_EQ(accepted(std::string(1, static_cast<char>(c))), c >= ' ' && c <= '~') << c;
}

}  // namespace
}  // namespace mixnn
