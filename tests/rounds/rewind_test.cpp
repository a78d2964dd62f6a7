#include "mixnn/rounds/rewind.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "mixnn/rounds/outbox.hpp"

namespace mixnn {
namespace {

// The logical numbers of so many exchanges, if each has as many bad slots as `bad` says. What is
// counted of an exchange is known before the second behind it begins.
std::vector<std::uint64_t> logical_numbers(std::uint64_t exchanges,
                                           const std::function<unsigned(std::uint64_t)>& bad,
                                           LossBook& book) {
  std::vector<std::uint64_t> numbers;
  std::uint64_t logical = 0;
  for (std::uint64_t e = 0; e < exchanges; ++e) {
    numbers.push_back(logical);
    const bool back = book.announce(e);
    book.count(e, bad(e));                     // the owner's own, as it ends
    if (e > 0) book.count(e - 1, bad(e - 1));  // and another's report of the one before
    logical = next_logical(logical, back);
  }
  return numbers;
}
using Numbers = std::vector<std::uint64_t>;

TEST(Rewind, WithoutLossEveryExchangeIsTheNextOne) {
  LossBook book;
  EXPECT_EQ(logical_numbers(
                6, [](std::uint64_t) { return 0u; }, book),
            (Numbers{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(book.rewinds(), 0u);
}

TEST(Rewind, WhatIsLostComesAgainThreeExchangesLater) {
  LossBook book;
  EXPECT_EQ(logical_numbers(
                12, [](std::uint64_t e) { return e == 5 ? 1u : 0u; }, book),
            (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 5, 6, 7, 8}));
  EXPECT_EQ(book.rewinds(), 1u);
}

TEST(Rewind, WhatIsLostInTheFirstExchangeComesAgainToo) {
  LossBook book;
  EXPECT_EQ(logical_numbers(
                6, [](std::uint64_t e) { return e == 0 ? 7u : 0u; }, book),
            (Numbers{0, 1, 2, 0, 1, 2}));
}

TEST(Rewind, LossInCancelledExchangesDoesNotCount) {
  LossBook book;
  EXPECT_EQ(logical_numbers(
                12, [](std::uint64_t e) { return e >= 5 && e <= 7 ? 9u : 0u; }, book),
            (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 5, 6, 7, 8}));
  EXPECT_EQ(book.rewinds(), 1u);
}

TEST(Rewind, LossInARepetitionIsRepeatedAgain) {
  LossBook book;
  EXPECT_EQ(logical_numbers(
                14, [](std::uint64_t e) { return e == 5 || e == 8 ? 1u : 0u; }, book),
            (Numbers{0, 1, 2, 3, 4, 5, 6, 7, 5, 6, 7, 5, 6, 7}));
  EXPECT_EQ(book.rewinds(), 2u);
}

TEST(Rewind, ALinkThatIsAlwaysBadGoesNowhere) {
  LossBook book;
  EXPECT_EQ(logical_numbers(
                9, [](std::uint64_t) { return 1u; }, book),
            (Numbers{0, 1, 2, 0, 1, 2, 0, 1, 2}));
}

// A number never goes back behind what is kept.
TEST(Rewind, WhatComesAgainIsAlwaysStillKept) {
  std::uint64_t state = 1;
  std::vector<unsigned> bad(2000);
  for (unsigned& one : bad) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    one = (state >> 60) == 0 ? 1 : 0;
  }
  LossBook book;
  std::uint64_t most = 0, exchange = 0;
  const Numbers numbers = logical_numbers(
      2000, [&](std::uint64_t e) { return bad[e]; }, book);
  for (const std::uint64_t logical : numbers) {
    EXPECT_LT(most, logical + kKeptLogical);
    most = std::max(most, logical);
    // The last exchange of a logical number that lies far enough back was a good one.
    if (logical + 5 < numbers.back()) {
      std::size_t last = 0;
      for (std::size_t e = 0; e < numbers.size(); ++e)
        if (numbers[e] == logical) last = e;
      EXPECT_EQ(bad[last], 0u) << "logical " << logical << ", exchange " << exchange;
    }
    ++exchange;
  }
  EXPECT_GT(book.rewinds(), 20u);
}

TEST(Outbox, SaysAgainWhatMayComeAgainAndForgetsTheRest) {
  Outbox box;
  BufferStock stock;
  const auto said_at = [&](std::uint64_t logical) {
    std::vector<std::uint32_t> steps;
    box.at(logical, [&](const Outbox::Circuit& circuit, const Message& message) {
      steps.push_back(message.info.label.step * 10 + circuit.to);
    });
    return steps;
  };
  const auto put = [&](std::uint64_t logical, std::uint32_t to) {
    Message message;
    message.info.label.step = static_cast<std::uint32_t>(logical);
    box.put(logical, {1, to}, std::move(message));
  };
  using Steps = std::vector<std::uint32_t>;
  for (std::uint64_t logical = 4; logical < 8; ++logical) put(logical, 1), put(logical, 2);
  box.begin(6, stock);
  EXPECT_EQ(said_at(6), (Steps{61, 62}));
  EXPECT_EQ(said_at(4), (Steps{41, 42})) << "after going back";
  box.begin(7, stock);
  EXPECT_EQ(said_at(4), Steps{});
  EXPECT_EQ(said_at(5), (Steps{51, 52}));
  put(5, 3);
  EXPECT_EQ(said_at(5), (Steps{51, 52, 53})) << "what was not there the first time";
  EXPECT_DEATH(put(5, 3), "two messages");
}

}  // namespace
}  // namespace mixnn
