#pragma once
#include <array>
#include <cstddef>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

void wipe(Bytes bytes);  // overwrites with zeros in a way that the compiler keeps

// N secret bytes, wiped when they go. There is deliberately no way to print one.
template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret() { wipe(bytes()); }
  static Secret from(ConstBytes bytes) {
    MIXNN_CHECK(bytes.size() == N, "a secret of another size");
    Secret secret;
    copy_bytes(bytes, secret.bytes());
    return secret;
  }

  Bytes bytes() { return data_; }
  ConstBytes bytes() const { return data_; }
  static constexpr std::size_t size() { return N; }

 private:
  std::array<std::byte, N> data_{};
};

using Key = Secret<32>;

}  // namespace mixnn
