#include "mixnn/owner/epoch_steps.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

namespace mixnn {
namespace {

// "f0 b0": forwards of step 0, and then what goes back of it; one for as many in a row.
std::string order_of_requests(const TrainingOptions& training, std::size_t depth,
                              std::size_t window) {
  std::vector<std::uint32_t> samples(4 * training.batch_size);
  std::iota(samples.begin(), samples.end(), 0u);
  const EpochSteps steps{training, ScheduleKind::k1F1B, depth, samples, 40, {}};
  std::string order;
  for (const MessageInfo& info : steps.requests(0, steps.count(), window)) {
    const bool forward = info.label.kind == MessageKind::kForward;
    const std::string one = (forward ? "f" : "b") + std::to_string(info.label.step - 40) + " ";
    if (!order.ends_with(one)) order += one;
  }
  return order;
}

TEST(EpochSteps, OverlappingStepsAskForForwardsOfTheNextBeforeThisGoesBack) {
  TrainingOptions training;
  training.batch_size = 8;
  training.micro_batches = 2;
  const std::string plain = "f0 b0 f1 b1 f2 b2 f3 b3 ";
  EXPECT_EQ(order_of_requests(training, 16, 0), plain);
  training.staleness = 1;
  EXPECT_EQ(order_of_requests(training, 16, 0), "f0 f1 b0 f2 b1 f3 b2 b3 ");
  EXPECT_EQ(order_of_requests(training, 16, 2), "f0 f1 b0 b1 f2 f3 b2 b3 ");
  EXPECT_EQ(order_of_requests(training, 16, 1), plain);
  EXPECT_EQ(order_of_requests(training, 1, 0), "f0 b0 f0 b0 f1 b1 f1 b1 f2 b2 f2 b2 f3 b3 f3 b3 ");
  training.clip_norm = 1;
  EXPECT_EQ(order_of_requests(training, 16, 0), plain);
}

}  // namespace
}  // namespace mixnn
