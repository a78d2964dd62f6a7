#include "mixnn/machine/cores.hpp"

#include <gtest/gtest.h>

#include "machine/forked_host.hpp"

namespace mixnn {
namespace {

using testing_machine::ForkedHost;
using testing_machine::run_on_host;

std::vector<int> cores_here() {
  ForkedHost host;
  return HostCores(host).common();
}

TEST(HostCoresTest, ARankAloneHasAllThatItMayRunOn) {
  cpu_set_t mine;
  ASSERT_EQ(::sched_getaffinity(0, sizeof mine, &mine), 0);
  ForkedHost host;
  const HostCores cores(host);
  EXPECT_EQ(cores.count(), CPU_COUNT(&mine));
  EXPECT_EQ(cores.own(), static_cast<std::size_t>(CPU_COUNT(&mine)));
  ASSERT_EQ(cores.common().size(), cores.own());
  for (const int core : cores.common()) EXPECT_TRUE(CPU_ISSET(static_cast<unsigned>(core), &mine));
}

TEST(HostCoresTest, RanksThatMayRunAnywhereHaveTheirShare) {
  run_on_host(3, [](HostGroup& host) {
    const HostCores cores(host);
    const auto all = static_cast<std::size_t>(cores.count());
    EXPECT_EQ(cores.common().size(), all);
    EXPECT_EQ(cores.own(), all / 3);
  });
}

TEST(HostCoresTest, BoundRanksHaveACoreEachAndNoneInCommon) {
  if (cores_here().size() < 2) GTEST_SKIP() << "needs two cores";
  run_on_host(2, [](HostGroup& host) {
    const std::vector<int> here = HostCores(host).common();
    const cpu_set_t one = one_core(here[static_cast<std::size_t>(host.number())]);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    const HostCores cores(host);
    EXPECT_EQ(cores.count(), 2);
    EXPECT_EQ(cores.own(), 1u);
    EXPECT_TRUE(cores.common().empty());
  });
}

TEST(HostCoresTest, RanksBoundToOneCoreShareIt) {
  run_on_host(3, [](HostGroup& host) {
    const std::vector<int> here = HostCores(host).common();
    const cpu_set_t one = one_core(here.back());
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    const HostCores cores(host);
    EXPECT_EQ(cores.count(), 1);
    EXPECT_EQ(cores.own(), 0u);
    EXPECT_EQ(cores.common(), std::vector<int>{here.back()});
  });
}

cpu_set_t first_cores(int count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int core = 0; core < count; ++core) CPU_SET(static_cast<std::size_t>(core), &set);
  return set;
}

int count_of(const cpu_set_t& set) { return CPU_COUNT(&set); }

TEST(Cores, AQuotaWasNotCounted) {
  const cpu_set_t eight = first_cores(8);
  EXPECT_EQ(count_of(within_quota(eight, std::nullopt)), 8);
  EXPECT_EQ(count_of(within_quota(eight, CoreQuota{9, 5})), 8);
  for (std::uint64_t group = 0; group < 20; ++group)
    for (int cores = 1; cores <= 8; ++cores) {
      const cpu_set_t kept = within_quota(eight, CoreQuota{cores, group});
      const cpu_set_t again = within_quota(kept, CoreQuota{cores, group});
      EXPECT_EQ(count_of(kept), cores);
      EXPECT_TRUE(CPU_EQUAL(&kept, &again));
      cpu_set_t both;
      CPU_AND(&both, &kept, &eight);
      EXPECT_TRUE(CPU_EQUAL(&both, &kept)) << "none that was not allowed";
    }
  EXPECT_EQ(count_of(usable_cores(CoreQuota{1, 3})), 1);
}

TEST(Cores, JobsOfAMachineDoNotAllTakeItsFirstCores) {
  const cpu_set_t one = within_quota(first_cores(8), CoreQuota{2, 0}),
                  other = within_quota(first_cores(8), CoreQuota{2, 1});
  EXPECT_FALSE(CPU_EQUAL(&one, &other));
}

TEST(HostCoresTest, ARanksQuotaIsSharedByAllOfItsHost) {
  run_on_host(3, [](HostGroup& host) {
    const HostCores cores(host, CoreQuota{1, 7});
    EXPECT_EQ(cores.count(), 1);
    EXPECT_EQ(cores.told(), 1);
    EXPECT_EQ(cores.own(), 0u);
    EXPECT_EQ(cores.common().size(), 1u);
  });
}

TEST(HostCoresTest, BoundRanksHaveNoMoreThanTheirQuotaTogether) {
  if (cores_here().size() < 2) GTEST_SKIP() << "needs two cores";
  run_on_host(2, [](HostGroup& host) {
    const std::vector<int> here = HostCores(host).common();
    const cpu_set_t one = one_core(here[static_cast<std::size_t>(host.number())]);
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    const HostCores cores(host, CoreQuota{1, 0});
    EXPECT_EQ(cores.count(), 1);
    EXPECT_EQ(cores.told(), 2);
  });
}

}  // namespace
}  // namespace mixnn
