#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace mixnn {

// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): 128 bits
// from a 128-bit counter and a 64-bit key. Not for secrets: cryptographic randomness is
// crypto/random.hpp.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

// What a stream of random numbers is for. Each purpose and index has its own stream of one seed, so
// that what one part draws never depends on how much another part drew, nor on the number of ranks.
enum class RandomPurpose : std::uint32_t {
  kInitialization = 1,
  kShuffle = 2,
  kLayerKey = 3,
  kLayer = 4,
  kValidation = 5,
  kAugmentation = 6,
  kSampling = 7,
  kForecast = 90,
  kAudit = 91,
  kTest = 100
};

// A stream of reproducible random numbers: the same (seed, purpose, index, part) gives the same
// numbers on every machine. Parts are pieces of one stream, of 2^34 numbers each.
class CounterRng {
 public:
  using result_type = std::uint32_t;

  CounterRng(std::uint64_t seed, RandomPurpose purpose, std::uint32_t index,
             std::uint32_t part = 0);

  std::uint32_t next();
  // Uniform in [0, bound), without bias. bound > 0.
  std::uint32_t below(std::uint32_t bound);
  // Uniform in [0, 1), 24 bits.
  float uniform();

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return 0xffffffffu; }
  result_type operator()() { return next(); }

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
};

// Fisher-Yates: a uniformly random permutation, for any generator with below(bound).
template <class T, std::size_t N, class Rng>
void shuffle(std::span<T, N> items, Rng& rng) {
  for (std::size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[rng.below(static_cast<std::uint32_t>(i))]);
}

}  // namespace mixnn
