#include "mixnn/machine/core_transfer.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/clock.hpp"
#include "mixnn/machine/cores.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kBytes = 48 << 10;  // of a cell's size
constexpr std::uint32_t kRounds = 100;

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
  const std::vector<int> cores = core_numbers(usable_cores());
  if (cores.size() < 2) return 0;
  AlignedBuffer buffer(kBytes), copy(kBytes);
  Alternation turns;
  std::vector<double> far, near;  // seconds
  std::thread writer([&] {
    stay_on(one_core(cores[0]));
    for (std::uint32_t round = 0; round < kRounds; ++round) {
      turns.wait_for(2 * round);
      std::ranges::fill(buffer.bytes(), static_cast<std::byte>(round));
      turns.pass();
    }
  });
  std::thread reader([&] {
    stay_on(one_core(cores[1]));
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
