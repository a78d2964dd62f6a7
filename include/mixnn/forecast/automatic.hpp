#pragma once
#include <cstddef>
#include <vector>

#include "mixnn/layers/model_spec.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// What the program settles where the user leaves it open.

// Micro-batches of a step. They decide the trained bits (how rows are grouped in the sums of the
// weight gradients), so they must be the same whenever the same run is started again: the choice
// follows from the model, the batch size, the type of activations, the number of ranks and the hops
// alone, never from a measurement or from the machine. Among 1, 2, 4, .. it is the number whose
// forecast step is shortest on a fixed reference machine (reference_costs; one host of two cores,
// default session), where a larger number must gain 1 %. Another machine may be faster with another
// number: `mixnn plan` shows its forecast. Every host sees the number, as it sees the rows; that
// the model had a part in it tells them a little of the other stages, which a number given by hand
// does not.
std::size_t choose_micro_batches(const ModelSpec& model, const TrainingOptions& training,
                                 std::size_t hops, std::size_t ranks);

// Micro-batch counts to choose from: the powers of two up to 64 and the batch size.
std::vector<std::size_t> micro_batch_candidates(std::size_t batch_size);

// Messages under way at once: two for each stage that there could be, and at least 16. It bounds
// the pool that every rank is told of, so it depends on public numbers alone: the ranks, and the
// hops.
std::size_t choose_in_flight(std::size_t hops, std::size_t ranks);

}  // namespace mixnn
