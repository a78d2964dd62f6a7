#include "mixnn/crypto/random.hpp"

#include <algorithm>

#include "sodium.hpp"

namespace mixnn {
namespace {

constexpr unsigned char kZeroNonce[crypto_stream_chacha20_NONCEBYTES] = {};

}  // namespace

Csprng::Csprng() {
  ensure_sodium();
  randombytes_buf(key_.bytes().data(), key_.size());
}

Csprng::Csprng(const Key& seed) : key_(seed) { ensure_sodium(); }

// One keystream gives the next key first, then the output.
void Csprng::refill() {
  std::array<std::byte, 32 + sizeof(pool_)> stream;
  crypto_stream_chacha20(u8(Bytes(stream)), stream.size(), kZeroNonce, u8(key_.bytes()));
  copy_bytes(ConstBytes(stream).first(32), key_.bytes());
  copy_bytes(ConstBytes(stream).subspan(32), pool_);
  wipe(stream);
  used_ = 0;
}

void Csprng::fill(Bytes out) {
  while (!out.empty()) {
    if (used_ == pool_.size()) refill();
    const std::size_t n = std::min(out.size(), pool_.size() - used_);
    const Bytes taken = Bytes(pool_).subspan(used_, n);
    copy_bytes(taken, out);
    std::memset(taken.data(), 0, n);
    used_ += n;
    out = out.subspan(n);
  }
}

Key Csprng::key() {
  Key key;
  fill(key.bytes());
  return key;
}

std::uint32_t Csprng::next() {
  std::uint32_t x;
  fill(std::as_writable_bytes(std::span(&x, 1)));
  return x;
}

std::uint64_t Csprng::next64() {
  std::uint64_t x;
  fill(std::as_writable_bytes(std::span(&x, 1)));
  return x;
}

std::uint32_t Csprng::below(std::uint32_t bound) {
  MIXNN_CHECK(bound > 0, "no number below zero");
  const std::uint32_t reject_below = (0u - bound) % bound;
  for (;;) {
    const std::uint64_t product = std::uint64_t{next()} * bound;
    if (static_cast<std::uint32_t>(product) >= reject_below)
      return static_cast<std::uint32_t>(product >> 32);
  }
}

}  // namespace mixnn
