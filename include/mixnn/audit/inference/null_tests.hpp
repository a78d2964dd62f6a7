#pragma once
#include <span>
#include <vector>

#include "mixnn/audit/inference/interval.hpp"
#include "mixnn/audit/inference/question.hpp"

namespace mixnn {

// Runs that tell nothing of their orders, whatever they told before. Whoever learns something from
// them deceives himself. The same runs and number give the same.
using NullRuns = std::vector<SeenRun> (*)(std::span<const SeenRun> runs, std::uint32_t number);

// Each run with the order of another, or its own, at random.
std::vector<SeenRun> with_permuted_orders(std::span<const SeenRun> runs, std::uint32_t number);
// Each feature is a normal random number.
std::vector<SeenRun> with_noise(std::span<const SeenRun> runs, std::uint32_t number);

// The bits that are learnt from such runs, by run the mean of four numbers.
Interval null_bits(PlanSecret secret, std::span<const SeenRun> runs, NullRuns null);

}  // namespace mixnn
