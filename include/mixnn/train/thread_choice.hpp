#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// The thread count (1..cores) with which whole-batch training is fastest, on throw-away parameters and the
// first of the data. All counts take turns in short rounds, for about a second; where steps take long, for
// ten seconds at most, or one round. `cores` is what the process may use.
int fastest_thread_count(const ModelSpec& model, const DataPair& data, const TrainingOptions& options,
                         int cores);

// What it decides by; pure.

// Every count where there are few, else the powers of two and all cores.
std::vector<int> thread_candidates(int cores);

// What one thread count was measured at: seconds a step, by round.
struct ThreadTrial {
  int threads;
  std::vector<double> step_s;  // at least one
};
// The count whose fastest round is fastest; of equal ones the smallest. Other processes can only slow a round
// down, and more so with more threads, which wait for the slowest of them: a median would choose one thread
// on a machine that is busy half of the time. So a count needs a single quiet round to be judged by.
int fastest_of(std::span<const ThreadTrial> trials);

// Whether `rounds` rounds in `elapsed_s` seconds are enough: many, over a time in which what disturbs them
// pauses once or twice; or as many as there is time for.
bool enough_rounds(std::size_t rounds, double elapsed_s);

}  // namespace mixnn
