#include "mixnn/rounds/latin_square.hpp"

#include <array>
#include <bit>
#include <numeric>
#include <optional>

#include "mixnn/base/random.hpp"

namespace mixnn {
namespace {

using Order = std::vector<std::uint8_t>;  // a permutation of 0 .. n-1

Order in_order(std::uint32_t size) {
  Order order(size);
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  return order;
}

class ColumnSet {
 public:
  void add(std::uint32_t column) { words_[column / 64] |= bit(column); }
  void remove(std::uint32_t column) { words_[column / 64] &= ~bit(column); }
  ColumnSet without(const ColumnSet& other) const {
    ColumnSet left;
    for (std::size_t i = 0; i < words_.size(); ++i) left.words_[i] = words_[i] & ~other.words_[i];
    return left;
  }
  // Any of them, all equally likely; nothing if there is none.
  std::optional<std::uint32_t> pick(Csprng& rng) const {
    std::uint32_t count = 0;
    for (const std::uint64_t word : words_) count += ones(word);
    if (count == 0) return std::nullopt;
    std::uint32_t skip = rng.below(count), base = 0;
    for (std::uint64_t word : words_) {
      if (skip < ones(word)) {
        for (; skip > 0; --skip) word &= word - 1;
        return base + static_cast<std::uint32_t>(std::countr_zero(word));
      }
      skip -= ones(word);
      base += 64;
    }
    return std::nullopt;
  }

 private:
  static std::uint64_t bit(std::uint32_t column) { return std::uint64_t{1} << column % 64; }
  static std::uint32_t ones(std::uint64_t word) {
    return static_cast<std::uint32_t>(std::popcount(word));
  }
  std::array<std::uint64_t, 4> words_{};
};

// Of one symbol: a place in each row but its own, in different columns but its own, of those that
// are open; by augmenting paths (Kuhn). There may be none.
class Matching {
 public:
  Matching(const std::vector<ColumnSet>& open, std::uint32_t symbol, Csprng& rng)
      : open_(open), rng_(rng), row_of_(open.size(), kNobody) {
    own_column_.add(symbol);
    Order rows = in_order(static_cast<std::uint32_t>(open.size()));
    shuffle(std::span(rows), rng);
    for (const std::uint32_t row : rows) {
      seen_ = own_column_;
      complete_ = complete_ && (row == symbol || augment(row));
    }
  }
  bool complete() const { return complete_; }
  std::uint32_t row_of(std::uint32_t column) const { return row_of_[column]; }

 private:
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};

  bool augment(std::uint32_t row) {
    while (const auto column = open_[row].without(seen_).pick(rng_)) {
      seen_.add(*column);
      if (row_of_[*column] != kNobody && !augment(row_of_[*column])) continue;
      row_of_[*column] = row;
      return true;
    }
    return false;
  }

  const std::vector<ColumnSet>& open_;
  Csprng& rng_;
  std::vector<std::uint32_t> row_of_;
  ColumnSet own_column_, seen_;
  bool complete_ = true;
};

// Symbol by symbol, each in a matching of the places off the diagonal that are still free. Nothing
// if one of the last symbols finds no places.
std::optional<LatinSquare> try_square(std::uint32_t size, Csprng& rng) {
  std::vector<ColumnSet> open(size);
  for (std::uint32_t row = 0; row < size; ++row)
    for (std::uint32_t column = 0; column < size; ++column)
      if (row != column) open[row].add(column);
  LatinSquare square(size);
  for (std::uint32_t symbol = 0; symbol < size; ++symbol) {
    const Matching places(open, symbol, rng);
    if (!places.complete()) return std::nullopt;
    square.set(symbol, symbol, symbol);
    for (std::uint32_t column = 0; column < size; ++column) {
      if (column == symbol) continue;
      square.set(places.row_of(column), column, symbol);
      open[places.row_of(column)].remove(column);
    }
  }
  return square;
}

}  // namespace

// Rows, columns and symbols get the same random names: then no place differs from another, whatever
// the order of the symbols does.
LatinSquare draw_idempotent_square(std::uint32_t size, Csprng& rng) {
  MIXNN_CHECK(size >= 3 && size <= LatinSquare::kMaxSize, "a square that cannot be");
  std::optional<LatinSquare> square;
  while (!square) square = try_square(size, rng);
  Order name = in_order(size);
  shuffle(std::span(name), rng);
  LatinSquare named(size);
  for (std::uint32_t row = 0; row < size; ++row)
    for (std::uint32_t column = 0; column < size; ++column)
      named.set(name[row], name[column], name[(*square)(row, column)]);
  return named;
}

}  // namespace mixnn
