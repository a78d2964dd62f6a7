#include "mixnn/tensor/blas_core.hpp"

namespace mixnn {

CpuVectors cpu_vectors() {
#if defined(__x86_64__)
  return {
      .avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0,
      .avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0};
#else
  return {};
#endif
}

std::string better_blas_core(std::string_view chosen, CpuVectors cpu) {
  if (chosen != "Prescott") return {};
  return cpu.avx512 ? "SkylakeX" : cpu.avx2 ? "Haswell" : "";
}

}  // namespace mixnn
