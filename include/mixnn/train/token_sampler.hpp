#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mixnn/base/random.hpp"

namespace mixnn {

// Draws the next token from a network's outputs for it: token i with a probability proportional to
// e^(output_i / temperature). The same outputs and seed give the same tokens, on every machine.
class TokenSampler {
 public:
  // `temperature` 0: the largest output, of equal ones the first. `top_k`: the k largest outputs
  // alone, with those that equal the last of them; 0: all.
  TokenSampler(double temperature, std::size_t top_k, std::uint64_t seed);

  std::size_t draw(std::span<const float> outputs);

 private:
  float least_of(std::span<const float> outputs);

  float temperature_;
  std::size_t top_k_;
  CounterRng rng_;
  std::vector<float> sorted_, weights_;
};

}  // namespace mixnn
