#pragma once
#include <array>
#include <cstdint>

#include "mixnn/crypto/secret.hpp"

namespace mixnn {

// A cryptographic generator: ChaCha20 with fast key erasure, seeded from the operating system. Fast
// enough to redraw the filler of every cell. Not thread-safe. Past output cannot be told from a
// later state.
class Csprng {
 public:
  Csprng();                          // seeded by the operating system
  explicit Csprng(const Key& seed);  // reproducible: tests only
  ~Csprng() { wipe(pool_); }
  Csprng(const Csprng&) = delete;  // a copy would draw the same keys again
  Csprng& operator=(const Csprng&) = delete;

  void fill(Bytes out);
  Key key();
  std::uint32_t next();
  std::uint64_t next64();
  std::uint32_t below(std::uint32_t bound);  // uniform in [0, bound), without bias

 private:
  void refill();

  Key key_;
  std::array<std::byte, 1024> pool_;
  std::size_t used_ = sizeof(pool_);
};

}  // namespace mixnn
