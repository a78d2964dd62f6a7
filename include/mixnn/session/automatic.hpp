#pragma once
#include <cstddef>
#include <vector>

namespace mixnn {

// What the program settles if the user leaves it open. From public numbers alone: every rank is
// told what follows, and it must tell nothing of number, order or sizes of the stages
// (docs/threat-model.md, P2).

// Micro-batches of a step. They decide the trained bits (how rows are grouped in the sums of the
// weight gradients), so the same run must have the same number whenever and wherever it is started:
// no measurement and no simulation has a part in it.
//
// Each micro-batch costs a fixed time: a change of ranks at every hop, and the reading of a layer's
// parameters, of which there are about as many as the square of the values in a row. Sealing and
// opening of one message go on beside computing of another, so m micro-batches hide all but 1/m of
// it. The number is the smallest power of two at which hiding more would cost more than it saves,
// at most 64 and the batch, and at least 2 from batches of 64 on, so that one message can travel
// while another is computed. `row_bytes`: of one sample of the largest tensor that is sent
// (largest_row_bytes).
//
// Another machine or model may be faster with another number: `mixnn plan` predicts it.
std::size_t choose_micro_batches(std::size_t batch_size, std::size_t row_bytes, std::size_t hops);

// The same for traffic in rounds among so many ranks. A step of m micro-batches takes 2 * ranks - 3
// + m exchanges, each as long as ranks and slots need for themselves, and for bytes, of which more
// micro-batches make fewer; beside that the parameters are read. The number is the power of two, at
// most 64 and the batch, for which the sum is least. `value_bytes`: of one value of a row as it is
// sent. `overlap`: steps overlap (--staleness 1), so that a step takes the larger of m exchanges
// and half of those.
std::size_t choose_round_micro_batches(std::size_t batch_size, std::size_t row_bytes,
                                       std::size_t ranks, std::size_t value_bytes = 4,
                                       bool overlap = false);
// In rounds one host's forwards and backwards would meet on its circuits if a step had more than
// these; several hosts' never do.
constexpr std::size_t most_micro_batches_of_one_host(std::size_t ranks, std::size_t allowance) {
  return allowance * (2 * ranks - 4);
}

// The numbers that plan compares: the powers of two up to 64 and the batch size.
std::vector<std::size_t> micro_batch_candidates(std::size_t batch_size);

// Messages under way at once: two for each stage that so many ranks could host, and at least 16. It
// bounds the pool that every rank is told of.
std::size_t choose_in_flight(std::size_t hops, std::size_t ranks);
// In rounds, exchanges from what a rank is sent to its answer. With a pace computing has one whole
// exchange beside the rounds; without one each rank has as long as it needs.
constexpr std::size_t choose_allowance(bool pace) { return pace ? 2 : 1; }
// In rounds, where nothing may be late: more than ever are. `allowance`: exchanges to an answer.
std::size_t choose_round_in_flight(std::size_t micro_batches, std::size_t ranks,
                                   std::size_t allowance = 1);

}  // namespace mixnn
