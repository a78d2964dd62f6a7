#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Initial parameters of every stage, each in (layer, tensor) order, by the law of each tensor. Each
// layer draws from a stream of its own, by its index in the model.
std::vector<std::vector<float>> initial_parameters(const ModelSpec& model, std::uint64_t seed);

}  // namespace mixnn
