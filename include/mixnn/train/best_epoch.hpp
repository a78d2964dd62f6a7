#pragma once
#include <cstddef>
#include <optional>
#include <span>

#include "mixnn/train/results.hpp"

namespace mixnn {

// What is read off the tests after the epochs, so that whoever has these decides the same: one
// process, the ranks, and a training that goes on.

// The epoch (from 0) with the smallest loss in the test after it, of equal ones the first; nothing
// if there is none yet.
std::optional<std::size_t> best_epoch(std::span<const EpochRecord> epochs);

// Whether none of the last `patience` epochs was better than the best before them. 0: never.
bool stops_early(std::span<const EpochRecord> epochs, std::size_t patience);

}  // namespace mixnn
