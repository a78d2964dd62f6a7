#pragma once
#include <cstddef>
#include <cstdint>

namespace mixnn {

// The random numbers of a stream (base/random.hpp), made many at a time: those of
// CounterRng(key, RandomPurpose::kLayer, step, row), in another order, so that loops vectorize.
struct DropoutRow {
  std::uint64_t key = 0;
  std::uint32_t step = 0, row = 0;
};

// Which values are left out: each with this probability, in [0, 1); what is left is scaled so that
// the expectation is the value.
struct DropoutRate {
  explicit DropoutRate(float probability)
      : below(static_cast<std::uint32_t>(static_cast<double>(probability) * 0x1p32)),
        scale(static_cast<float>(1.0 / (1.0 - static_cast<double>(probability)))) {}
  std::uint32_t below;  // random words that leave out
  float scale;
};

inline constexpr std::size_t kDropoutBlock = 64;

// y = scale * x or 0, for values `first` to `first + n` of a row. `first` is a multiple of
// kDropoutBlock. `y` may be `x`. The same row, step and key leave out the same values.
void drop_out(const DropoutRow& row, const DropoutRate& rate, std::size_t first, const float* x,
              float* y, std::size_t n);

}  // namespace mixnn
