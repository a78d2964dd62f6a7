// P4 and what a watcher of the links can see: cells of one form, and nothing in common before and
// after a relay.
#include <gtest/gtest.h>

#include <unordered_set>

#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

using testing::Cell;
using testing::Network;

// The runs of 8 bytes that start at any place of these bytes.
std::unordered_set<std::uint64_t> runs(ConstBytes bytes) {
  std::unordered_set<std::uint64_t> all;
  for (std::size_t at = 0; at + 8 <= bytes.size(); ++at) {
    std::uint64_t run;
    std::memcpy(&run, &bytes[at], 8);
    all.insert(run);
  }
  return all;
}

// How many runs two cells share; by chance one in 10^12 pairs of cells would have any.
std::size_t shared_runs(ConstBytes a, ConstBytes b) {
  const auto first = runs(a), second = runs(b);
  std::size_t shared = 0;
  for (const std::uint64_t run : first) shared += second.contains(run);
  return shared;
}

TEST(Unlinkability, ACellHasNothingInCommonWithItselfOnAnotherLink) {
  for (const AeadSuite suite : testing::suites())
    for (std::size_t hops = 1; hops <= kMaxHops; ++hops) {
      Network network(8, 1, suite);
      const auto links = network.links(hops, network.wrapped(network.ticket(hops), 0, {}));
      for (std::size_t a = 0; a < links.size(); ++a)
        for (std::size_t b = 0; b < a; ++b)
          EXPECT_EQ(shared_runs(links[a], links[b]), 0u)
              << "hops " << hops << " links " << a << ", " << b;
    }
}

TEST(Unlinkability, TwoCellsOfTheSamePayloadHaveNothingInCommon) {
  for (const AeadSuite suite : testing::suites())
    for (std::size_t hops = 0; hops <= kMaxHops; ++hops) {
      Network network(8, 2, suite);
      const Cell payload(testing::kSmallBody);
      const Ticket one = network.ticket(hops, 2), two = network.ticket(hops, 2);
      const auto a = network.links(hops, network.wrapped(one, 0, payload));
      const auto b = network.links(hops, network.wrapped(one, 1, payload));
      const auto c = network.links(hops, network.wrapped(two, 0, payload));
      for (std::size_t link = 0; link <= hops; ++link)
        for (std::size_t other = 0; other <= hops; ++other) {
          EXPECT_EQ(shared_runs(a[link], b[other]), 0u) << "two cells of a message";
          EXPECT_EQ(shared_runs(a[link], c[other]), 0u) << "two messages";
        }
    }
}

// The headers that a sender holds tell nothing of the ones that leave a relay, not even to the
// sender.
TEST(Unlinkability, ATicketShowsNothingOfLaterHeaders) {
  Network network(8, 3);
  for (std::size_t hops = 1; hops <= kMaxHops; ++hops) {
    const Ticket ticket = network.ticket(hops, 3);
    const std::vector<std::byte> book = encode(ticket);
    for (std::uint32_t index = 0; index < 3; ++index) {
      const auto links = network.links(hops, network.wrapped(ticket, index, {}));
      for (std::size_t link = 1; link <= hops; ++link)
        EXPECT_EQ(shared_runs(book, links[link]), 0u);
    }
  }
}

// Over many cells each byte of a cell takes all values equally often: nothing on a link shows
// place, kind or length. A zero-hop control cell is like all others.
TEST(Unlinkability, AllBytesOnAllLinksAreUniform) {
  for (const std::size_t hops : {0u, 1u, 3u, 5u}) {
    Network network(8, 4, testing::suites().back(), 14);
    std::vector<std::vector<std::array<std::uint64_t, 256>>> counts(
        hops + 1, std::vector<std::array<std::uint64_t, 256>>(kMinCellBytes));
    for (int i = 0; i < 4096; ++i) {
      const auto links = network.links(hops, network.wrapped(network.ticket(hops), 0, {}));
      for (std::size_t link = 0; link <= hops; ++link) {
        ASSERT_EQ(links[link].size(), kMinCellBytes);
        for (std::size_t at = 0; at < kMinCellBytes; ++at)
          ++counts[link][at][std::to_integer<unsigned>(links[link][at])];
      }
    }
    for (std::size_t link = 0; link <= hops; ++link) {
      std::array<std::uint64_t, 256> total{};
      for (std::size_t at = 0; at < kMinCellBytes; ++at) {
        EXPECT_LT(testing::chi_square(counts[link][at]), testing::kChi255p1e9)
            << "link " << link << " byte " << at;
        for (std::size_t value = 0; value < 256; ++value) total[value] += counts[link][at][value];
      }
      EXPECT_LT(testing::chi_square(total), testing::kChi255p001)
          << "hops " << hops << " link " << link;
    }
  }
}

}  // namespace
}  // namespace mixnn
