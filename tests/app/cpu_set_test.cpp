#include "mixnn/app/cpu_set.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "mixnn/app/machine.hpp"

namespace mixnn {
namespace {

TEST(CpuSet, IsWholeForAWhileAndThenAsBefore) {
  const int all = usable_cpus();
  cpu_set_t before, one;
  sched_getaffinity(0, sizeof(before), &before);
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  {
    const HostCpuSet whole(before);
    EXPECT_EQ(usable_cpus(), all);
  }
  EXPECT_EQ(usable_cpus(), 1);
  EXPECT_EQ(this_machine().cores, 1) << "the machine's cores were counted";
  EXPECT_EQ(this_machine("", 3).cores, 3);
  sched_setaffinity(0, sizeof(before), &before);
}

TEST(CpuSet, ThreadsBegunMeanwhileGetTheMainThreadsSet) {
  int inside = 0;
  std::thread thread;
  cpu_set_t before, after;
  sched_getaffinity(0, sizeof(before), &before);
  {
    const HostCpuSet whole(before);
    thread = std::thread([&] { inside = usable_cpus(); });
    thread.join();
    EXPECT_EQ(inside, usable_cpus());
  }
  sched_getaffinity(0, sizeof(after), &after);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

}  // namespace
}  // namespace mixnn
