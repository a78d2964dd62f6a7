#include "mixnn/identity/munge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

// Needs a munged that runs, as on a node of a cluster: tests/slurm has one.
class MungeService : public ::testing::Test {
 protected:
  void SetUp() override {
    if (munge_service() == nullptr) GTEST_SKIP() << "built without libmunge";
    try {
      credential_ = munge_service()->vouch(bytes_of("this"));
    } catch (const RunError& error) {
      GTEST_SKIP() << error.what();
    }
  }
  std::string credential_;
};

TEST_F(MungeService, VouchesForItsStatementOnce) {
  EXPECT_LE(credential_.size(), Credentials::kMaxText);
  EXPECT_EQ(munge_service()->refuse(credential_, bytes_of("this")), std::nullopt);
  EXPECT_THAT(munge_service()->refuse(credential_, bytes_of("this")).value_or("taken twice"),
              ::testing::HasSubstr("eplay"));
}

TEST_F(MungeService, RefusesAnotherStatementAndWhatIsNoCredential) {
  EXPECT_EQ(munge_service()->refuse(credential_, bytes_of("that")), "it is for another handshake");
  EXPECT_TRUE(munge_service()->refuse("MUNGE:AAAA:", bytes_of("this")).has_value());
  EXPECT_TRUE(munge_service()->refuse("", bytes_of("this")).has_value());
}

}  // namespace
}  // namespace mixnn
