#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "mixnn/base/clock.hpp"

namespace mixnn {

// A word in shared memory on which processes sleep.
static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
                  sizeof(std::atomic<std::uint32_t>) == 4,
              "a futex is a plain 32-bit word");

// Sleeps while the word is `seen`, at most for this time. It may end early.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen, Nanoseconds at_most) {
  const timespec timeout{at_most.count() / 1'000'000'000, at_most.count() % 1'000'000'000};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, &timeout, nullptr, 0);
}
inline void futex_wake(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

}  // namespace mixnn
