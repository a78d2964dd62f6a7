#include "mixnn/app/restart.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "mixnn/tensor/blas_core.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

TEST(Restart, RestartsOnceWithTheBetterCore) {
  if (std::getenv("OPENBLAS_CORETYPE") != nullptr ||
      better_blas_core(blas_core(), cpu_vectors()).empty())
    GTEST_SKIP() << "a core type is forced, or OpenBLAS knows this processor";
  // The restarted program is this test again, which then finds the variable set and is skipped
  // above.
  char program[] = "app_test", filter[] = "--gtest_filter=Restart.RestartsOnceWithTheBetterCore";
  char* arguments[] = {program, filter, nullptr};
  const auto restart = [&] {
    ::unsetenv("GTEST_TOTAL_SHARDS");  // else another process may be the one that has this test
    restart_with_better_blas_core(arguments);
  };
  EXPECT_EXIT(restart(), testing::ExitedWithCode(0), "");
}

TEST(Restart, RespectsWhatTheUserForced) {
  const char* const before = std::getenv("OPENBLAS_CORETYPE");
  const std::string former = before == nullptr ? "" : before;
  ::setenv("OPENBLAS_CORETYPE", "Prescott", 1);
  char* arguments[] = {nullptr};
  restart_with_better_blas_core(arguments);  // would not return
  EXPECT_STREQ(std::getenv("OPENBLAS_CORETYPE"), "Prescott");
  if (before == nullptr)
    ::unsetenv("OPENBLAS_CORETYPE");
  else
    ::setenv("OPENBLAS_CORETYPE", former.c_str(), 1);
}

}  // namespace
}  // namespace mixnn
