#include "mixnn/forecast/rounds/calibrate_slots.hpp"

#include <gtest/gtest.h>

namespace mixnn {
namespace {

// Every place is timed, and with the slots' size.
TEST(CalibrateSlots, TimesEveryPlaceOfTheWay) {
  for (const AeadSuite suite : {AeadSuite::kChaCha20Poly1305, AeadSuite::kAes256Gcm}) {
    if (suite == AeadSuite::kAes256Gcm && !aes256gcm_available()) continue;
    const SlotCosts costs = calibrate_slots(suite, 5, std::size_t{32} << 10);
    constexpr double kBytes = 32 << 10;
    for (const LinearCost& cost : {costs.send, costs.relay, costs.cross, costs.receive}) {
      EXPECT_GT(cost(kBytes), 1e-7);
      EXPECT_LT(cost(kBytes), 1e-2);
      EXPECT_GE(cost(4 * kBytes), cost(kBytes));
    }
  }
}

}  // namespace
}  // namespace mixnn
