#include "mixnn/machine/core_quota.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace mixnn {
namespace {

namespace fs = std::filesystem;

// A root with a proc and a sys of its own.
class CoreQuotaTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("mixnn_quota_" + std::to_string(::getpid()));
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }
  void file(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }
  void second(const std::string& group, const std::string& top = "/") {
    file("proc/self/mountinfo",
         "22 1 0:5 / /proc rw - proc proc rw\n"
         "25 22 0:22 " +
             top + " /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw");
    file("proc/self/cgroup", "0::" + group);
  }
  void first(const std::string& group, const std::string& top = "/") {
    file("proc/self/mountinfo",
         "24 22 0:21 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
         "25 22 0:22 " +
             top + " /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct");
    file("proc/self/cgroup", "5:cpuset:/elsewhere\n4:cpu,cpuacct:" + group);
  }
  int cores() const {
    const auto quota = core_quota(root_);
    return quota ? quota->cores : 0;
  }

  fs::path root_;
};

TEST_F(CoreQuotaTest, WithoutControlGroupsThereIsNone) { EXPECT_EQ(cores(), 0); }

TEST_F(CoreQuotaTest, OfTheSecondVersion) {
  second("/");
  EXPECT_EQ(cores(), 0);
  file("sys/fs/cgroup/cpu.max", "max 100000");
  EXPECT_EQ(cores(), 0);
  file("sys/fs/cgroup/cpu.max", "200000 100000");
  EXPECT_EQ(cores(), 2);
  file("sys/fs/cgroup/cpu.max", "50000 100000");
  EXPECT_EQ(cores(), 1);
  file("sys/fs/cgroup/cpu.max", "250000 100000");
  EXPECT_EQ(cores(), 3) << "rounded up";
}

TEST_F(CoreQuotaTest, OfTheFirstVersion) {
  first("/job");
  file("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1");
  file("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000");
  EXPECT_EQ(cores(), 0);
  file("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "300000");
  EXPECT_EQ(cores(), 3);
}

TEST_F(CoreQuotaTest, TheSmallestOfTheGroupsAroundCounts) {
  second("/a/b/c");
  file("sys/fs/cgroup/a/b/c/cpu.max", "700000 100000");
  file("sys/fs/cgroup/a/b/cpu.max", "max 100000");
  file("sys/fs/cgroup/a/cpu.max", "200000 50000");
  EXPECT_EQ(cores(), 4);
  file("sys/fs/cgroup/a/b/c/cpu.max", "100000 100000");
  EXPECT_EQ(cores(), 1);
  file("sys/fs/cpu.max", "1 100000");  // no group
  EXPECT_EQ(cores(), 1);
}

// A container sees the host's name of its group, but only what is mounted of it.
TEST_F(CoreQuotaTest, WithinAContainer) {
  first("/docker/123/inner", "/docker/123");
  file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000");
  file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
  EXPECT_EQ(cores(), 2);
  second("/../../elsewhere");
  file("sys/fs/cgroup/cpu.max", "500000 100000");
  EXPECT_EQ(cores(), 5);
}

TEST_F(CoreQuotaTest, ProcessesThatShareItFindTheSameGroup) {
  second("/a/b");
  file("sys/fs/cgroup/a/cpu.max", "200000 100000");
  file("sys/fs/cgroup/c/cpu.max", "200000 100000");
  const auto here = core_quota(root_);
  second("/a/d");
  EXPECT_EQ(core_quota(root_)->group, here->group);
  second("/c");
  EXPECT_NE(core_quota(root_)->group, here->group);
}

}  // namespace
}  // namespace mixnn
