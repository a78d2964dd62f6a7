#include "mixnn/app/launcher.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace mixnn {
namespace {

class Launcher : public testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }
  static void clear() {
    for (const char* name :
         {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "PMIX_RANK"})
      unsetenv(name);
  }
};

TEST_F(Launcher, WithoutOneThisProcessIsAlone) { EXPECT_FALSE(may_have_peers()); }

TEST_F(Launcher, OneThatStartsOneProcessGivesNoPeers) {
  setenv("OMPI_COMM_WORLD_SIZE", "1", 1);
  setenv("PMIX_RANK", "0", 1);
  EXPECT_FALSE(may_have_peers());
}

TEST_F(Launcher, MpirunSrunAndUnknownServers) {
  setenv("OMPI_COMM_WORLD_SIZE", "8", 1);
  EXPECT_TRUE(may_have_peers());
  clear();
  setenv("SLURM_STEP_NUM_TASKS", "2", 1);
  EXPECT_TRUE(may_have_peers());
  clear();
  setenv("PMIX_RANK", "3", 1);
  EXPECT_TRUE(may_have_peers());
}

TEST_F(Launcher, ABatchScriptIsAloneHoweverManyTasksItMayStart) {
  setenv("SLURM_NTASKS", "8", 1);
  EXPECT_FALSE(may_have_peers());
}

}  // namespace
}  // namespace mixnn
