#include "mixnn/machine/process_change.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>

#include <cerrno>

#include "mixnn/base/clock.hpp"

namespace mixnn {
namespace {

TEST(ProcessChange, TakesSomeMicroseconds) {
  const std::optional<double> change = measure_process_change(3);
  ASSERT_TRUE(change);
  EXPECT_GT(*change, 0.2e-6);  // two entries into the kernel take no less
  EXPECT_LT(*change, 0.1);
}

TEST(ProcessChange, NoPartTakesLongerThanTheWhole) {
  const Stopwatch watch;
  const std::optional<double> change = measure_process_change(4);
  const double whole = watch.seconds();
  ASSERT_TRUE(change);
  EXPECT_LT(*change * 4 * 200, whole);  // 200 rounds
}

TEST(ProcessChange, LeavesNoChildAndTheCoresAsTheyWere) {
  cpu_set_t before, after;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  ASSERT_TRUE(measure_process_change(8));
  ASSERT_EQ(::sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace mixnn
