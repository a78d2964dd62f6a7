#include "mixnn/machine/host_settings.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "machine/forked_host.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

using testing_machine::ForkedHost;
using testing_machine::run_on_host;

class HostSettingsTest : public testing::Test {
 protected:
  HostSettingsTest() { unset(); }
  ~HostSettingsTest() override { unset(); }
  static void unset() {
    for (const char* const name : {"MIXNN_WAIT", "MIXNN_CELLS", "MIXNN_HELPERS"}) ::unsetenv(name);
  }
  static void set(const char* name, const char* value) { ::setenv(name, value, 1); }
  HostSettings here() { return settings_of_first(host_); }

 private:
  ForkedHost host_;
};

TEST_F(HostSettingsTest, LeavesTheWayToWaitOpenUnlessItIsTold) {
  EXPECT_FALSE(here().waiting);
  set("MIXNN_WAIT", "doorbell");
  EXPECT_EQ(here().waiting, Waiting::kDoorbell);
  set("MIXNN_WAIT", "poll");
  EXPECT_EQ(here().waiting, Waiting::kPoll);
  EXPECT_NO_THROW(check_host_environment());
  set("MIXNN_WAIT", "");
  EXPECT_NO_THROW(check_host_environment());
  EXPECT_FALSE(here().waiting);
}

TEST_F(HostSettingsTest, SharesCellsUnlessToldNotTo) {
  EXPECT_TRUE(here().share_cells);
  set("MIXNN_CELLS", "copied");
  EXPECT_FALSE(here().share_cells);
  set("MIXNN_CELLS", "shared");
  EXPECT_TRUE(here().share_cells);
  EXPECT_NO_THROW(check_host_environment());
}

TEST_F(HostSettingsTest, ThreeHelpersUnlessToldOtherwise) {
  EXPECT_EQ(here().most_helpers, 3u);
  set("MIXNN_HELPERS", "0");
  EXPECT_EQ(here().most_helpers, 0u);
  set("MIXNN_HELPERS", "63");
  EXPECT_EQ(here().most_helpers, 63u);
  EXPECT_NO_THROW(check_host_environment());
}

TEST_F(HostSettingsTest, WhatIsWrongIsRefusedAndCountsAsNotSet) {
  set("MIXNN_WAIT", "sometimes");
  EXPECT_THROW(check_host_environment(), UsageError);
  EXPECT_FALSE(here().waiting);
  unset();
  set("MIXNN_CELLS", "some");
  EXPECT_THROW(check_host_environment(), UsageError);
  EXPECT_TRUE(here().share_cells);
  unset();
  for (const char* const wrong : {"many", "-1", "64", "1x", " 1"}) {
    set("MIXNN_HELPERS", wrong);
    EXPECT_THROW(check_host_environment(), UsageError) << wrong;
    EXPECT_EQ(here().most_helpers, 3u);
  }
}

TEST_F(HostSettingsTest, TheFirstRankDecidesForAll) {
  run_on_host(3, [](HostGroup& host) {
    const bool first = host.number() == 0;
    set("MIXNN_WAIT", first ? "doorbell" : "poll");
    set("MIXNN_CELLS", first ? "copied" : "shared");
    set("MIXNN_HELPERS", first ? "2" : "5");
    const HostSettings settings = settings_of_first(host);
    EXPECT_EQ(settings.waiting, Waiting::kDoorbell);
    EXPECT_FALSE(settings.share_cells);
    EXPECT_EQ(settings.most_helpers, 2u);
  });
}

}  // namespace
}  // namespace mixnn
