#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/options.hpp"
#include "mixnn/train/threading.hpp"

namespace mixnn {

// The threading with which whole-batch training is fastest, on throw-away parameters and the first
// of the data: of these thread counts, with a crew or OpenBLAS's own threads. All take turns in
// short rounds, for about a second; where steps take long, for ten seconds at most, or one round.
Threading fastest_threading(const ModelSpec& model, const DataPair& data,
                            const TrainingOptions& options, std::span<const int> thread_counts);

// What it decides by; pure.

// Every count where there are few cores, else the powers of two and all cores.
std::vector<int> thread_candidates(int cores);
// A crew of each count, then OpenBLAS with each: its threads spin for a while after their last
// product, and so disturb a crew only where that comes right after them.
std::vector<Threading> threading_candidates(std::span<const int> thread_counts);

// What one threading was measured at: seconds a step, by round.
struct ThreadTrial {
  Threading threading;
  std::vector<double> step_s;  // at least one
};
// The one whose fastest round is fastest; of equal ones that with the fewest threads. Other
// processes can only slow a round down, and more so with more threads, which wait for the slowest
// of them: a median would choose one thread on a machine that is busy half of the time. So a count
// needs a single quiet round to be judged by.
Threading fastest_of(std::span<const ThreadTrial> trials);

// Whether `rounds` rounds in `elapsed_s` seconds are enough: many, over a time in which what
// disturbs them pauses once or twice; or as many as there is time for.
bool enough_rounds(std::size_t rounds, double elapsed_s);

}  // namespace mixnn
