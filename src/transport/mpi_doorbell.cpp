#include "mixnn/transport/mpi_doorbell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>

#include "mixnn/base/check.hpp"
#include "mixnn/transport/mpi_check.hpp"

namespace mixnn {

// Two cache lines, as processors fetch lines in pairs.
struct alignas(128) MpiDoorbell::Bell {
  std::atomic<std::uint32_t> rings{0};
  std::atomic<std::uint32_t> sleeping{0};
};

namespace {

static_assert(std::atomic<std::uint32_t>::is_always_lock_free && sizeof(std::atomic<std::uint32_t>) == 4,
              "a futex is a plain 32-bit word");

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout) {
  return ::syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
}

}  // namespace

MpiDoorbell::MpiDoorbell(MPI_Comm host) {
  int ranks = 1, unit = 1;
  mpi_check(MPI_Comm_rank(host, &mine_), "asking for the rank");
  mpi_check(MPI_Comm_size(host, &ranks), "asking for the number of ranks");
  // The first rank gives the memory of all; one bell more, to align them.
  MPI_Aint bytes = mine_ == 0 ? static_cast<MPI_Aint>(sizeof(Bell)) * (ranks + 1) : 0;
  void* memory = nullptr;
  mpi_check(MPI_Win_allocate_shared(bytes, 1, MPI_INFO_NULL, host, &memory, &window_),
            "sharing memory on a host");
  mpi_check(MPI_Win_shared_query(window_, 0, &bytes, &unit, &memory), "sharing memory on a host");
  auto room = static_cast<std::size_t>(bytes);
  // The page may lie elsewhere in each process, but pages and bells are aligned alike in all.
  MIXNN_CHECK(
      std::align(alignof(Bell), sizeof(Bell) * static_cast<std::size_t>(ranks), memory, room) != nullptr,
      "no room for the doorbells");
  bells_ = static_cast<Bell*>(memory);
  new (bells_ + mine_) Bell;
  mpi_check(MPI_Barrier(host), "sharing memory on a host");
}

void MpiDoorbell::ring(int number) {
  Bell& bell = bells_[number];
  bell.rings.fetch_add(1);
  // Either the sleeper has set its flag before this looks, or its futex sees the new count and does not
  // sleep.
  if (bell.sleeping.load() != 0 && bell.sleeping.exchange(0) != 0) futex(bell.rings, FUTEX_WAKE, 1, nullptr);
}

std::uint32_t MpiDoorbell::rings() const { return bells_[mine_].rings.load(std::memory_order_acquire); }

void MpiDoorbell::sleep(std::uint32_t seen, Nanoseconds at_most) {
  const timespec timeout{at_most.count() / 1'000'000'000, at_most.count() % 1'000'000'000};
  Bell& bell = bells_[mine_];
  bell.sleeping.store(1);
  futex(bell.rings, FUTEX_WAIT, seen, &timeout);  // that it ends early, or at once, does no harm
  bell.sleeping.store(0, std::memory_order_relaxed);
}

void MpiDoorbell::free() noexcept {
  if (window_ != MPI_WIN_NULL) MPI_Win_free(&window_);
}

}  // namespace mixnn
