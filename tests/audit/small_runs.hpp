#pragma once
#include "audit/logged_job.hpp"
#include "mixnn/session/automatic.hpp"

namespace mixnn::testing {

// A run of a small network with so many stages; `seed` is not that of the plan, which is always
// drawn anew. On one host, or on those that `hosts` says by rank.
inline MergedLog small_run(TrafficKind traffic, std::size_t stages, int ranks, std::uint64_t seed,
                           std::size_t steps, std::vector<int> hosts = {}) {
  constexpr std::size_t kBatch = 12;
  const Shape input{1, 4, 6};
  std::vector<std::int64_t> widths(stages - 1, 14);
  widths.push_back(4);
  const ModelSpec model = small_model(input, widths);
  const DataPair data = small_pair(kBatch * steps, 8, input, 4);
  TrainingOptions training;
  training.batch_size = kBatch;
  training.micro_batches = 4;
  training.seed = seed;
  SessionOptions session;
  session.traffic = traffic;
  if (traffic == TrafficKind::kRounds)
    session.in_flight =
        choose_round_in_flight(training.micro_batches, static_cast<std::size_t>(ranks));
  LoggedJob job(ranks, seed);
  if (!hosts.empty()) job.network.place(std::move(hosts));
  return job.train(model, data, training, session);
}

}  // namespace mixnn::testing
