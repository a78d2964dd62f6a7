#include "mixnn/tensor/blas_core.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

TEST(BlasCore, ReplacesTheFallbackByTheWidestKernelsThatTheProcessorRuns) {
  EXPECT_EQ(better_blas_core("Prescott", {.avx2 = true, .avx512 = true}), "SkylakeX");
  EXPECT_EQ(better_blas_core("Prescott", {.avx2 = true, .avx512 = false}), "Haswell");
  EXPECT_EQ(better_blas_core("Prescott", {.avx2 = false, .avx512 = false}), "");
}

TEST(BlasCore, LeavesAKnownProcessorAlone) {
  for (const char* const core : {"Haswell", "Zen", "SkylakeX", "Cooperlake", "Nehalem"})
    EXPECT_EQ(better_blas_core(core, {.avx2 = true, .avx512 = true}), "") << core;
}

}  // namespace
}  // namespace mixnn
