#include "mixnn/tensor/blas_core.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "mixnn/tensor/gemm.hpp"

namespace mixnn {

std::optional<std::string> better_blas_core(std::string_view core, bool cpu_has_avx512, bool cpu_has_avx2) {
  static constexpr std::array<std::string_view, 10> kSseCores = {
      "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom"};
  if (std::find(kSseCores.begin(), kSseCores.end(), core) == kSseCores.end()) return std::nullopt;
  if (cpu_has_avx512) return "SkylakeX";
  if (cpu_has_avx2) return "Haswell";
  return std::nullopt;
}

void use_best_blas_core(const char* const* argv) {
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr) return;
#if defined(__x86_64__)
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const std::optional<std::string> better = better_blas_core(blas_core(), avx512, avx2);
  if (!better) return;
  setenv("OPENBLAS_CORETYPE", better->c_str(), 1);
  execv("/proc/self/exe", const_cast<char* const*>(argv));  // where this fails, the slower kernels serve
  unsetenv("OPENBLAS_CORETYPE");
#else
  (void)argv;
#endif
}

}  // namespace mixnn
