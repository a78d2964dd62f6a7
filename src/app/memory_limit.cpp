#include "mixnn/app/memory_limit.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "mixnn/base/exit_code.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

char guard_line[160];  // for a signal handler, which may not make one up
bool guarding = false;

std::optional<rlim_t> address_space_mib() {
  rlimit room{};
  if (::getrlimit(RLIMIT_AS, &room) != 0 || room.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return room.rlim_cur >> 20;
}

void write_guard_line() {
  [[maybe_unused]] const ssize_t wrote =
      ::write(STDERR_FILENO, guard_line, std::strlen(guard_line));
}

extern "C" void end_for_lack_of_memory(int) {
  write_guard_line();
  ::_exit(kExitRunFailed);
}

// OpenBLAS ends the process itself if it gets no memory for some of its lists.
extern "C" void explain_exit() {
  if (guarding) write_guard_line();
}

}  // namespace

std::string out_of_memory_text() {
  const std::optional<rlim_t> limit = address_space_mib();
  if (!limit) return "out of memory";
  return "out of memory: the limit of this process's address space (ulimit -v) is " +
         std::to_string(*limit) + " MiB";
}

MemoryLimitGuard::MemoryLimitGuard() : limited_(address_space_mib().has_value()) {
  if (!limited_) return;
  const std::string line =
      "mixnn: " + out_of_memory_text() + ", in which OpenBLAS finds no room for its buffers\n";
  std::strncpy(guard_line, line.c_str(), sizeof guard_line - 1);
  guarding = true;
  std::atexit(explain_exit);
  ::signal(SIGALRM, end_for_lack_of_memory);
  ::alarm(kPatience);
}

void MemoryLimitGuard::try_blas() const {
  if (!limited_) return;
  constexpr std::size_t kSide = 256;  // large enough for all of its threads
  std::vector<float> numbers(3 * kSide * kSide);
  const auto matrix = [&](std::size_t i) {
    return as_matrix(std::span(numbers).subspan(i * kSide * kSide, kSide * kSide), kSide, kSide);
  };
  gemm_nn(matrix(0), matrix(1), 0, matrix(2));
}

MemoryLimitGuard::~MemoryLimitGuard() {
  if (!limited_) return;
  guarding = false;
  ::alarm(0);
  ::signal(SIGALRM, SIG_DFL);
}

}  // namespace mixnn
