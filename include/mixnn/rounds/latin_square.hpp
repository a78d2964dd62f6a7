#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/crypto/random.hpp"

namespace mixnn {

// A square of n symbols 0 .. n-1 that has each of them once in every row and every column.
class LatinSquare {
 public:
  static constexpr std::uint32_t kMaxSize = 255;

  explicit LatinSquare(std::uint32_t size) : size_(size), symbols_(std::size_t{size} * size) {}
  std::uint32_t size() const { return size_; }
  std::uint32_t operator()(std::uint32_t row, std::uint32_t column) const {
    return symbols_[std::size_t{row} * size_ + column];
  }
  void set(std::uint32_t row, std::uint32_t column, std::uint32_t symbol) {
    symbols_[std::size_t{row} * size_ + column] = static_cast<std::uint8_t>(symbol);
  }

 private:
  std::uint32_t size_;
  std::vector<std::uint8_t> symbols_;
};

// A random one that is idempotent, S(i, i) = i; 3 <= size <= kMaxSize. At each place off the
// diagonal all symbols but its row's and its column's are equally likely. Not every square is as
// likely as every other.
LatinSquare draw_idempotent_square(std::uint32_t size, Csprng& rng);

}  // namespace mixnn
