#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "mixnn/crypto/random.hpp"

namespace mixnn::testing {

inline std::vector<std::byte> hex(std::string_view text) { return from_hex(text).value(); }
inline Key hex_key(std::string_view text) { return Key::from(hex(text)); }

// A generator that draws the same in every run of the tests.
inline Key seed_key(std::uint8_t seed) {
  Key key;
  key.bytes()[0] = std::byte{seed};
  return key;
}
inline Csprng seeded(std::uint8_t seed) { return Csprng(seed_key(seed)); }

inline std::vector<std::byte> random_bytes(Csprng& rng, std::size_t size) {
  std::vector<std::byte> out(size);
  rng.fill(out);
  return out;
}

// Pearson's statistic of counts that should all be alike.
template <class Counts>
double chi_square(const Counts& counts) {
  double total = 0, sum = 0;
  for (const auto n : counts) total += static_cast<double>(n);
  const double expected = total / static_cast<double>(std::size(counts));
  for (const auto n : counts)
    sum += (static_cast<double>(n) - expected) * (static_cast<double>(n) - expected);
  return sum / expected;
}

// Its upper quantiles (Wilson and Hilferty's approximation), by degrees of freedom. The seeds are
// fixed: a test either always passes or always fails.
inline constexpr double kChi5p001 = 20.5, kChi23p001 = 49.8, kChi255p001 = 330.6;  // p = 0.001
inline constexpr double kChi255p1e9 = 414.9;  // p = 1e-9, for many tests at once

inline std::array<std::uint64_t, 256> byte_counts(ConstBytes bytes) {
  std::array<std::uint64_t, 256> counts{};
  for (const std::byte b : bytes) ++counts[std::to_integer<std::size_t>(b)];
  return counts;
}

// Whether `part` stands anywhere in `whole`.
inline bool contains(ConstBytes whole, ConstBytes part) {
  return std::string_view(reinterpret_cast<const char*>(whole.data()), whole.size())
             .find(std::string_view(reinterpret_cast<const char*>(part.data()), part.size())) !=
         std::string_view::npos;
}

// Memory that a test owns, in which an object lives and dies; what it leaves behind can then be
// looked at: there, and in the blocks that it took of the memory for secrets.
template <class T>
class Grave {
 public:
  template <class... Args>
  T& bear(Args&&... args) {
    const std::vector<std::byte> before = seen_in(chunk());
    T& born = *std::construct_at(reinterpret_cast<T*>(memory_.data()), std::forward<Args>(args)...);
    const std::vector<std::byte> after = seen_in(chunk());
    for (std::size_t at = 0; at < after.size(); at += kSecretBlock)
      if (!std::equal(after.begin() + static_cast<std::ptrdiff_t>(at),
                      after.begin() + static_cast<std::ptrdiff_t>(at + kSecretBlock),
                      before.begin() + static_cast<std::ptrdiff_t>(at)))
        blocks_.push_back(chunk().subspan(at, kSecretBlock));
    return born;
  }
  void bury() { std::destroy_at(std::launder(reinterpret_cast<T*>(memory_.data()))); }
  std::vector<std::byte> secrets() const {  // the blocks, one behind the other
    std::vector<std::byte> seen;
    for (const ConstBytes block : blocks_) {
      const std::vector<std::byte> more = seen_in(block);
      seen.insert(seen.end(), more.begin(), more.end());
    }
    return seen;
  }
  bool holds(ConstBytes secret) const {
    std::vector<std::byte> seen = seen_in(memory_);
    const std::vector<std::byte> more = secrets();
    seen.insert(seen.end(), more.begin(), more.end());
    for (std::size_t at = 0; at + 8 <= secret.size(); at += 8)
      if (contains(seen, secret.subspan(at, 8))) return true;
    return false;
  }

 private:
  // That the tests' secrets lie in.
  static ConstBytes chunk() {
    constexpr std::size_t kChunk = std::size_t{256} << 10;
    static const std::byte* const base = [] {
      const Key probe;
      const std::byte* const at = probe.bytes().data();
      return at - reinterpret_cast<std::uintptr_t>(at) % kChunk;
    }();
    return {base, kChunk};
  }
  // As the machine has it, not as the optimizer thinks it may be.
  static std::vector<std::byte> seen_in(ConstBytes bytes) {
    std::vector<std::byte> seen;
    seen.reserve(bytes.size());
    const volatile std::uint8_t* const raw = u8(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) seen.push_back(std::byte{raw[i]});
    return seen;
  }

  alignas(T) std::array<std::byte, sizeof(T)> memory_{};
  std::vector<ConstBytes> blocks_;
};

}  // namespace mixnn::testing
