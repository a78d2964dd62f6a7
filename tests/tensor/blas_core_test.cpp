#include "mixnn/tensor/blas_core.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

TEST(BlasCore, SseKernelsAreReplacedByWhatTheCpuCanDo) {
  EXPECT_EQ(better_blas_core("Prescott", true, true), "SkylakeX");
  EXPECT_EQ(better_blas_core("Prescott", false, true), "Haswell");
  EXPECT_EQ(better_blas_core("Prescott", false, false), std::nullopt);
}

TEST(BlasCore, WhatOpenBlasKnowsIsLeftAlone) {
  for (const char* core : {"Haswell", "Zen", "SkylakeX", "Cooperlake", "Sandybridge", "neoversen1"})
    EXPECT_EQ(better_blas_core(core, true, true), std::nullopt) << core;
}

}  // namespace
}  // namespace mixnn
