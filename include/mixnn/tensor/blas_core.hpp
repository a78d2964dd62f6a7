#pragma once
#include <string>
#include <string_view>

namespace mixnn {

// OpenBLAS chooses its kernels by the processor's model when it is loaded, before main(). On a
// model newer than itself it falls back to SSE3 kernels ("Prescott"), which are several times
// slower than what the processor can do.

struct CpuVectors {
  bool avx2 = false;    // and FMA
  bool avx512 = false;  // F, BW, DQ, VL: what the kernels "SkylakeX" need
};
CpuVectors cpu_vectors();

// The core type to put in place of such a fallback; empty where OpenBLAS knew the processor or
// nothing better is known.
std::string better_blas_core(std::string_view chosen, CpuVectors cpu);

}  // namespace mixnn
