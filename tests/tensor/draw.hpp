#pragma once
#include <vector>

#include "mixnn/base/random.hpp"

namespace mixnn::testing_tensor {

// The same n values between -1 and 1 for the same index.
inline std::vector<float> draw(std::size_t n, std::uint32_t index) {
  CounterRng rng(5, RandomPurpose::kTest, index);
  std::vector<float> values(n);
  for (float& x : values) x = 2 * rng.uniform() - 1;
  return values;
}

}  // namespace mixnn::testing_tensor
