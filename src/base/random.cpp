#include "mixnn/base/random.hpp"

#include "mixnn/base/check.hpp"

namespace mixnn {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> c,
                                        std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c[0];
    const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  return c;
}

CounterRng::CounterRng(std::uint64_t seed, RandomPurpose purpose, std::uint32_t index,
                       std::uint32_t part)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0, part, index, static_cast<std::uint32_t>(purpose)} {}

std::uint32_t CounterRng::next() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    if (++counter_[0] == 0) ++counter_[1];
    used_ = 0;
  }
  return block_[used_++];
}

std::uint32_t CounterRng::below(std::uint32_t bound) {
  MIXNN_CHECK(bound > 0, "no number below zero");
  const std::uint32_t reject_below = (0u - bound) % bound;
  for (;;) {
    const std::uint64_t product = std::uint64_t{next()} * bound;
    if (static_cast<std::uint32_t>(product) >= reject_below)
      return static_cast<std::uint32_t>(product >> 32);
  }
}

float CounterRng::uniform() { return static_cast<float>(next() >> 8) * 0x1p-24f; }

}  // namespace mixnn
