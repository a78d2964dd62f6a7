#pragma once
#include <cstddef>

#include "mixnn/base/bytes.hpp"
#include "mixnn/crypto/secret_memory.hpp"

namespace mixnn {

void wipe(Bytes bytes);  // overwrites with zeros in a way that the compiler keeps

// N secret bytes in memory that is neither swapped nor dumped (secret_memory.hpp), wiped when they
// go. There is deliberately no way to print one.
template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  Secret(const Secret& other) { copy_bytes(other.bytes(), bytes()); }
  Secret& operator=(const Secret& other) {
    if (this != &other) copy_bytes(other.bytes(), bytes());
    return *this;
  }
  ~Secret() {
    wipe(bytes());
    give_secret_block(data_);
  }
  static Secret from(ConstBytes bytes) {
    MIXNN_CHECK(bytes.size() == N, "a secret of another size");
    Secret secret;
    copy_bytes(bytes, secret.bytes());
    return secret;
  }

  Bytes bytes() { return {data_, N}; }
  ConstBytes bytes() const { return {data_, N}; }
  static constexpr std::size_t size() { return N; }

 private:
  static_assert(N <= kSecretBlock);
  std::byte* const data_ = take_secret_block();
};

using Key = Secret<32>;

}  // namespace mixnn
