#include "mixnn/tensor/dropout.hpp"

#include <algorithm>

#include "mixnn/base/random.hpp"
#include "mixnn/tensor/clones.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kLanes = kDropoutBlock / 4;  // counters of a block, four words each

// Philox4x32-10 of consecutive counters, from 16 * `block` on: word w of counter c is
// words[w * kLanes + c].
MIXNN_CLONES void random_words(const DropoutRow* row, std::uint64_t block,
                               std::uint32_t* __restrict words) {
  std::uint32_t* __restrict c0 = words;
  std::uint32_t* __restrict c1 = words + kLanes;
  std::uint32_t* __restrict c2 = words + 2 * kLanes;
  std::uint32_t* __restrict c3 = words + 3 * kLanes;
  for (std::size_t i = 0; i < kLanes; ++i) {
    c0[i] = static_cast<std::uint32_t>(block * kLanes + i);
    c1[i] = row->row;
    c2[i] = row->step;
    c3[i] = static_cast<std::uint32_t>(RandomPurpose::kLayer);
  }
  auto k0 = static_cast<std::uint32_t>(row->key), k1 = static_cast<std::uint32_t>(row->key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c0[i];
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c2[i];
      const std::uint32_t high0 = static_cast<std::uint32_t>(p0 >> 32) ^ c3[i] ^ k1;
      c0[i] = static_cast<std::uint32_t>(p1 >> 32) ^ c1[i] ^ k0;
      c1[i] = static_cast<std::uint32_t>(p1);
      c2[i] = high0;
      c3[i] = static_cast<std::uint32_t>(p0);
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

MIXNN_CLONES void drop_kernel(const std::uint32_t* __restrict words, std::uint32_t below,
                              float scale, const float* x, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = words[i] < below ? 0.0f : x[i] * scale;
}

}  // namespace

void drop_out(const DropoutRow& row, const DropoutRate& rate, std::size_t first, const float* x,
              float* y, std::size_t n) {
  alignas(64) std::uint32_t words[kDropoutBlock];
  for (std::size_t from = 0; from < n; from += kDropoutBlock) {
    random_words(&row, (first + from) / kDropoutBlock, words);
    drop_kernel(words, rate.below, rate.scale, x + from, y + from,
                std::min(kDropoutBlock, n - from));
  }
}

}  // namespace mixnn
