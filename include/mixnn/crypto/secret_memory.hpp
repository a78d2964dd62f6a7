#pragma once
#include <cstddef>

namespace mixnn {

// Memory for secrets: locked, so that it is never swapped out, and left out of core dumps. Where
// the system locks no more (ulimit -l, often 8 MiB), what follows is left out of dumps alone. A
// process that forks gives its child copies that are not locked.
//
// Blocks of one size, for any thread; taking and giving one costs a few nanoseconds.
inline constexpr std::size_t kSecretBlock = 32;
std::byte* take_secret_block();                     // zeroed
void give_secret_block(std::byte* block) noexcept;  // wiped before

bool all_secrets_locked();  // so far

}  // namespace mixnn
