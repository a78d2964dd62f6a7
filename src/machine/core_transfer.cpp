#include "mixnn/machine/core_transfer.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/clock.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kBytes = 48 << 10;  // of a cell's size
constexpr std::uint32_t kRounds = 100;

std::vector<int> usable_cores() {
  cpu_set_t mine;
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof mine, &mine) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(static_cast<std::size_t>(core), &mine)) cores.push_back(core);
  return cores;
}

void stay_on(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

// Two threads that take turns: the writer fills the buffer in even ones, the reader reads it in odd
// ones.
class Alternation {
 public:
  void wait_for(std::uint32_t turn) const {
    while (turn_.load(std::memory_order_acquire) < turn) ::sched_yield();
  }
  void pass() { turn_.fetch_add(1, std::memory_order_release); }

 private:
  std::atomic<std::uint32_t> turn_{0};
};

double time_copy(const AlignedBuffer& from, AlignedBuffer& to) {
  const Stopwatch watch;
  copy_bytes(from.bytes(), to.bytes());
  return watch.seconds();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

double measure_core_transfer() {
  const std::vector<int> cores = usable_cores();
  if (cores.size() < 2) return 0;
  AlignedBuffer buffer(kBytes), copy(kBytes);
  Alternation turns;
  std::vector<double> far, near;  // seconds
  std::thread writer([&] {
    stay_on(cores[0]);
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      turns.wait_for(2 * round);
      std::ranges::fill(buffer.bytes(), static_cast<std::byte>(round));
      turns.pass();
    }
  });
  std::thread reader([&] {
    stay_on(cores[1]);
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      turns.wait_for(2 * round + 1);
      far.push_back(time_copy(buffer, copy));
      near.push_back(time_copy(buffer, copy));
      turns.pass();
    }
  });
  writer.join();
  reader.join();
  return std::max(0.0, median(far) - median(near)) / static_cast<double>(kBytes);
}

}  // namespace mixnn
