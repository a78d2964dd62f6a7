// P3: who sends a message and a colluding first relay choose which of its cells go on. The last
// relay, past an honest one, cannot tell from all that its slots say which cells belong to one
// message, nor which of a message's cells are missing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "onion/onion_testing.hpp"

namespace mixnn {
namespace {

using testing::Cell;
using testing::Network;

constexpr std::size_t kMarkHops = 3;
constexpr std::uint32_t kMarkCells = 48;

// A number of so many bytes at one place of a slot's text.
std::uint64_t field(const Cell& text, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, &text[at], bytes);
  return value;
}

class Marks : public ::testing::Test {
 protected:
  // What the last relay reads of the cells of one message that were not withheld, by index.
  std::vector<Cell> seen_at_the_exit() {
    const Ticket ticket = network.ticket(kMarkHops, kMarkCells);
    std::vector<Cell> texts;
    for (std::uint32_t index = 0; index < kMarkCells; ++index) {
      if (index % 3 == 1) continue;  // the mark
      Cell cell = network.wrapped(ticket, index, {});
      for (std::uint32_t relay = 1; relay < kMarkHops; ++relay)
        EXPECT_TRUE(testing::forward_of(network.peel(relay, cell)));
      Cell text(kSlotTextBytes);
      EXPECT_TRUE(
          open_box(network.keys[kMarkHops].slot_key(), ConstBytes(cell).first(kSlotBytes), text));
      texts.push_back(std::move(text));
    }
    return texts;
  }
  // Calls `look` with what each place says in the cells of two messages over the same relays.
  template <class Look>
  void at_every_place(const Look& look) {
    const std::vector<Cell> one = seen_at_the_exit(), two = seen_at_the_exit();
    for (const std::size_t bytes : {1u, 2u, 4u, 8u})
      for (std::size_t at = 0; at + bytes <= kSlotTextBytes; ++at) {
        std::vector<std::uint64_t> a, b;
        for (const Cell& text : one) a.push_back(field(text, at, bytes));
        for (const Cell& text : two) b.push_back(field(text, at, bytes));
        look(a, b, std::to_string(bytes) + " bytes at " + std::to_string(at));
      }
  }

  Network network{8, 1};
};

using Values = std::vector<std::uint64_t>;

bool all_equal(const Values& values) {
  return std::ranges::adjacent_find(values, std::not_equal_to()) == values.end();
}

// Nothing is the same in a message's cells and different in another's.
TEST_F(Marks, NothingTellsWhichCellsAreOfOneMessage) {
  at_every_place([](const Values& a, const Values& b, const std::string& place) {
    if (all_equal(a) && all_equal(b)) {
      EXPECT_EQ(a.front(), b.front()) << place;
    }
  });
}

// Nothing that differs from cell to cell goes by the index: neither the same in two messages, nor
// rising or falling.
TEST_F(Marks, NothingTellsWhichCellsWereWithheld) {
  at_every_place([](const Values& a, const Values& b, const std::string& place) {
    if (all_equal(a)) return;
    EXPECT_NE(a, b) << place;
    EXPECT_FALSE(std::ranges::is_sorted(a) || std::ranges::is_sorted(a, std::greater())) << place;
  });
}

// All keys are drawn for one cell: none comes again, in this message or another.
TEST_F(Marks, NoKeyComesAgain) {
  std::set<std::string> keys;
  for (int message = 0; message < 2; ++message)
    for (const Cell& text : seen_at_the_exit())
      for (const std::size_t at : {slot_at::kRestOrWhat, slot_at::kKeys})
        EXPECT_TRUE(keys.insert(to_hex(ConstBytes(text).subspan(at, Key::size()))).second);
}

// Whatever the first relay writes where no seal is, none of it is in what leaves the honest one.
TEST_F(Marks, NothingPassesInTagsAndFiller) {
  const Ticket ticket = network.ticket(kMarkHops, 1);
  Cell cell = network.wrapped(ticket, 0, {});
  ASSERT_TRUE(testing::forward_of(network.peel(1, cell)));
  Cell marked = cell;
  const std::size_t live = live_header_bytes(kMarkHops - 1), tags = kBodyOffset - 2 * kAeadTagBytes;
  std::fill(marked.begin() + static_cast<std::ptrdiff_t>(live),
            marked.begin() + static_cast<std::ptrdiff_t>(tags), std::byte{0xab});
  // The honest relay draws the same numbers for both, so that all that differs comes from the mark.
  const auto pass = [&](Cell& through) {
    Csprng rng = testing::seeded(9);
    Peeler honest(network.keys[2], testing::kBits, *network.aead, rng);
    testing::Inbox inbox;
    return testing::forward_of(honest.peel(through, inbox)) != nullptr;
  };
  ASSERT_TRUE(pass(cell) && pass(marked));
  EXPECT_EQ(cell, marked);
}

}  // namespace
}  // namespace mixnn
