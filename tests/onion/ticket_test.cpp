#include "mixnn/onion/ticket.hpp"

#include <gtest/gtest.h>

#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

using testing::Network;

TEST(Ticket, WhatIsWrittenIsReadAndAsLongAsPromised) {
  Network network(8);
  for (std::size_t hops = 0; hops <= kMaxHops; ++hops)
    for (const std::uint32_t cells : {1u, 2u, 5u}) {
      const Ticket ticket = network.ticket(hops, cells);
      const auto bytes = encode(ticket);
      EXPECT_EQ(bytes.size(), ticket_bytes(hops, cells));
      const auto read = decode_whole<Ticket>(bytes);
      ASSERT_TRUE(read);
      EXPECT_EQ(read->first_hop, ticket.first_hop);
      EXPECT_EQ(read->cells, cells);
      EXPECT_EQ(read->live, ticket.live);
      EXPECT_EQ(read->layers, ticket.layers);
      EXPECT_EQ(read->headers, ticket.headers);
      for (std::size_t i = 0; i < ticket.layers; ++i)
        EXPECT_EQ(to_hex(read->keys[i].bytes()), to_hex(ticket.keys[i].bytes()));
    }
}

TEST(Ticket, SeveralAreReadOneAfterTheOther) {
  Network network(8);
  std::vector<std::byte> bytes;
  for (std::size_t hops = 0; hops <= kMaxHops; ++hops) {
    const auto one = encode(network.ticket(hops, 2));
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  Decoder decoder(bytes);
  for (std::size_t hops = 0; hops <= kMaxHops; ++hops) {
    Ticket ticket;
    decoder.nested(ticket);
    ASSERT_TRUE(decoder.ok());
    EXPECT_EQ(ticket.live, live_header_bytes(hops));
  }
  EXPECT_TRUE(decoder.at_end());
}

// Recorded before there was a codec (docs/protocol.md, version 5).
TEST(Ticket, ItsBytesAreThoseOfTheProtocol) {
  Ticket ticket;
  ticket.first_hop = 6;
  ticket.cells = 1;
  ticket.live = 232;
  ticket.layers = 1;
  ticket.headers.resize(232);
  std::string counted;
  for (unsigned i = 0; i < 232; ++i) {
    ticket.headers[i] = static_cast<std::byte>(i);
    counted += to_hex(ConstBytes(ticket.headers).subspan(i, 1));
  }
  for (unsigned i = 0; i < 32; ++i) ticket.keys[0].bytes()[i] = static_cast<std::byte>(i + 1);
  EXPECT_EQ(to_hex(encode(ticket)),
            "0600000001000000e8000100"
            "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20" +
                counted);
}

TEST(Ticket, CutAnywhereItIsRefused) {
  Network network(8);
  for (std::size_t hops = 0; hops <= kMaxHops; ++hops) {
    const auto bytes = encode(network.ticket(hops, 2));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // A copy of exactly this size, so that a sanitizer sees a read past its end.
      const std::vector<std::byte> cut(bytes.begin(),
                                       bytes.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_FALSE(decode<Ticket>(cut).has_value()) << size;
    }
  }
}

// The head: first hop (4), cells (4), live (2), layers (1), zero (1).
TEST(Ticket, AHeadThatNoOwnerWritesIsRefused) {
  Network network(8);
  const auto bytes = encode(network.ticket(3, 2));
  const auto refused = [&](std::size_t at, std::vector<unsigned> values) {
    auto bad = bytes;
    for (const unsigned value : values) bad[at++] = static_cast<std::byte>(value);
    return !decode<Ticket>(bad).has_value();
  };
  EXPECT_FALSE(refused(0, {9, 9, 9, 9}));  // any rank can be the first hop
  EXPECT_TRUE(refused(4, {0, 0, 0, 0}));
  EXPECT_TRUE(refused(4, {3, 0, 0, 0}));
  EXPECT_TRUE(refused(4, {255, 255, 255, 255}));
  EXPECT_TRUE(refused(11, {1}));
  for (unsigned layers = 0; layers < 256; ++layers)
    EXPECT_EQ(refused(10, {layers}), layers != 3) << layers;
  for (unsigned live = 0; live < 65536; ++live) {
    // 3 and 4 hops have the same number of keys; with 4 the two headers are longer than the bytes
    // given.
    ASSERT_EQ(refused(8, {live & 255, live >> 8}), live != live_header_bytes(3)) << live;
  }
}

TEST(Ticket, RandomBytesAreReadOrRefused) {
  Csprng rng = testing::seeded(1);
  for (int i = 0; i < 20000; ++i) {
    auto bytes = testing::random_bytes(rng, rng.below(600));
    if (bytes.size() > 11) {
      const std::uint32_t cells = 1 + rng.below(3), layers = 1 + rng.below(4);
      const auto live = static_cast<std::uint16_t>(live_header_bytes(rng.below(6)));
      std::memcpy(&bytes[4], &cells, 4);
      std::memcpy(&bytes[8], &live, 2);
      bytes[10] = static_cast<std::byte>(layers), bytes[11] = std::byte{0};
    }
    if (const auto ticket = decode<Ticket>(bytes)) {
      EXPECT_EQ(ticket->headers.size(), std::size_t{ticket->cells} * ticket->live);
      EXPECT_EQ(ticket->header(ticket->cells - 1).size(), ticket->live);
    }
  }
}

TEST(Ticket, ItsKeysAreWipedWithIt) {
  Network network(8);
  const Ticket ticket = network.ticket(5);
  testing::Grave<std::optional<Ticket>> grave;
  std::optional<Ticket>& held = grave.bear(ticket);
  for (std::size_t i = 0; i < ticket.layers; ++i) ASSERT_TRUE(grave.holds(ticket.keys[i].bytes()));
  const Ticket moved = std::move(*held);
  held.reset();
  for (std::size_t i = 0; i < ticket.layers; ++i) EXPECT_FALSE(grave.holds(ticket.keys[i].bytes()));
  grave.bury();
}

}  // namespace
}  // namespace mixnn
