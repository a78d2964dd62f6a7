#include "mixnn/machine/process_change.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <vector>

#include "mixnn/base/check.hpp"
#include "mixnn/machine/futex.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// Rounds of the ring, in parts, of which the fastest counts: what else the machine does only slows
// it.
constexpr std::uint32_t kPartRounds = 40, kParts = 5, kAllRounds = kParts * kPartRounds;
// No round takes so long, however busy the machine.
constexpr Nanoseconds kLongestRound = 1s;

// One for each process: how often it was called. On lines of their own.
struct Call {
  alignas(128) std::atomic<std::uint32_t> times;
};

// Memory that children share with this process.
class SharedCalls {
 public:
  explicit SharedCalls(int count) : bytes_(sizeof(Call) * static_cast<std::size_t>(count)) {
    void* const at =
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return;
    calls_ = static_cast<Call*>(at);
    for (int i = 0; i < count; ++i) new (&calls_[i]) Call{};
  }
  ~SharedCalls() {
    if (calls_ != nullptr) ::munmap(calls_, bytes_);
  }
  SharedCalls(const SharedCalls&) = delete;
  SharedCalls& operator=(const SharedCalls&) = delete;

  explicit operator bool() const { return calls_ != nullptr; }
  std::atomic<std::uint32_t>& operator[](int i) const { return calls_[i].times; }

 private:
  std::size_t bytes_;
  Call* calls_ = nullptr;
};

void call(std::atomic<std::uint32_t>& times) {
  times.fetch_add(1);
  futex_wake(times);
}

// False where nobody called in time.
bool await(std::atomic<std::uint32_t>& times, std::uint32_t wanted) {
  const SteadyClock clock;
  const Nanoseconds begin = clock.now();
  for (std::uint32_t seen = times.load(); seen < wanted; seen = times.load()) {
    if (clock.now() - begin > kLongestRound) return false;
    futex_wait(times, seen, kLongestRound);
  }
  return true;
}

// In a child, which may do nothing but calls of the system.
void pass_on(std::atomic<std::uint32_t>& mine, std::atomic<std::uint32_t>& next) {
  for (std::uint32_t round = 1; round <= kAllRounds; ++round) {
    if (!await(mine, round)) return;
    call(next);
  }
}

bool stay_on_this_core() {
  const int core = ::sched_getcpu();
  if (core < 0) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  return ::sched_setaffinity(0, sizeof set, &set) == 0;
}

// This process, the last of the ring, on one core with its children.
std::optional<double> time_ring(const SharedCalls& calls, int processes) {
  const int last = processes - 1;
  Nanoseconds least = Nanoseconds::max();
  for (std::uint32_t round = 0; round < kAllRounds;) {
    const Nanoseconds begin = SteadyClock().now();
    for (std::uint32_t i = 0; i < kPartRounds; ++i) {
      call(calls[0]);
      if (!await(calls[last], ++round)) return std::nullopt;
    }
    least = std::min(least, SteadyClock().now() - begin);
  }
  return seconds(least) / (static_cast<double>(kPartRounds) * processes);
}

}  // namespace

std::optional<double> measure_process_change(int processes) {
  MIXNN_CHECK(processes >= 2, "a change takes two processes");
  const SharedCalls calls(processes);
  cpu_set_t before;
  if (!calls || ::sched_getaffinity(0, sizeof before, &before) != 0 || !stay_on_this_core())
    return std::nullopt;
  std::vector<pid_t> children;
  for (int i = 0; i + 1 < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      pass_on(calls[i], calls[i + 1]);
      ::_exit(0);
    }
    if (child < 0) break;
    children.push_back(child);
  }
  std::optional<double> change;
  if (static_cast<int>(children.size()) + 1 == processes) change = time_ring(calls, processes);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  ::sched_setaffinity(0, sizeof before, &before);
  return change;
}

}  // namespace mixnn
