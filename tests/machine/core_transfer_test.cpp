#include "mixnn/machine/core_transfer.hpp"

#include <gtest/gtest.h>

#include <sched.h>

namespace mixnn {
namespace {

TEST(CoreTransfer, IsATimeThatCachesCanHave) {
  const double per_byte = measure_core_transfer();
  EXPECT_GE(per_byte, 0);
  EXPECT_LT(per_byte, 1e-7);  // 10 MB/s
}

TEST(CoreTransfer, LeavesThisThreadWhereItMayRun) {
  cpu_set_t before, after;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  measure_core_transfer();
  ASSERT_EQ(::sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

}  // namespace
}  // namespace mixnn
