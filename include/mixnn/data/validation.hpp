#pragma once
#include <cstdint>

#include "mixnn/data/dataset.hpp"

namespace mixnn {

// Takes this share of the training samples out, to the nearest one but neither none nor all, and
// makes the validation set of them. They are drawn from the seed alone; both parts keep the order.
// Throws UsageError if there are not two samples.
void split_validation(DataPair& data, double share, std::uint64_t seed);

}  // namespace mixnn
