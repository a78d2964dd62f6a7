#include "mixnn/tensor/subnormals.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mixnn {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kFlush =
    0x8040;  // MXCSR: flush to zero (results), denormals are zero (operands)
std::uint32_t float_control() { return _mm_getcsr(); }
void set_float_control(std::uint32_t control) { _mm_setcsr(control); }
#elif defined(__aarch64__)
constexpr std::uint64_t kFlush = 1u << 24;  // FPCR.FZ: both
std::uint64_t float_control() {
  std::uint64_t control = 0;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  return control;
}
void set_float_control(std::uint64_t control) { asm volatile("msr fpcr, %0" : : "r"(control)); }
#else
constexpr std::uint32_t kFlush = 0;
std::uint32_t float_control() { return 0; }
void set_float_control(std::uint32_t) {}
#endif

// OpenBLAS starts its threads when it is loaded, before anyone can tell them anything. But it ends
// them before a fork, which they would not survive in the child, and the next product that wants
// them starts others, from its own thread.
void let_blas_start_new_threads() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  if (child > 0) ::waitpid(child, nullptr, 0);
}

}  // namespace

void flush_subnormals() {
  set_float_control(float_control() | kFlush);
  let_blas_start_new_threads();
}

bool subnormals_flushed() { return kFlush != 0 && (float_control() & kFlush) == kFlush; }

}  // namespace mixnn
