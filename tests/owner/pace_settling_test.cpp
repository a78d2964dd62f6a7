#include "mixnn/owner/link/pace_settling.hpp"

#include <gtest/gtest.h>

#include "small_model.hpp"

namespace mixnn {
namespace {

using namespace std::chrono_literals;

TEST(PaceSettling, WorkIsAPowerOfTwo) {
  const ModelSpec model = testing::small_model({1, 4, 6}, {14, 14, 4});
  std::vector<StageSpec> stages;
  for (std::size_t i = 0; i < 3; ++i) stages.push_back(model.stage(i, 8));
  Nanoseconds work = work_of_an_exchange(stages);
  EXPECT_LT(work, 1s);
  while (work > 1us) {
    EXPECT_EQ(work % 2us, 0ns);
    work /= 2;
  }
  EXPECT_EQ(work, 1us);
}

}  // namespace
}  // namespace mixnn
