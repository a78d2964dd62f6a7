#pragma once
#include <functional>
#include <string>

#include "job/loopback_job.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn::testing {

// What is done to the cells of a small job, over the loopback.
struct Attack {
  using Fate = LoopbackNetwork::Fate;
  using Hook = std::function<Fate(LoopbackNetwork&, LoopbackNetwork::Wire&)>;
  Hook hook;
  std::size_t hops = 3;
  double timeout_s = 20;
  std::function<void(LoopbackNetwork&)> before = [](LoopbackNetwork&) {};  // the nodes stand
};

struct AttackedJob {
  std::string error;  // the owner's; empty if the run went through
  TrainedJob trained;
  std::uint64_t refused = 0;  // messages, by all ranks
};

struct AttackedTraining {
  ModelSpec model = small_model({1, 4, 5}, {16, 12, 4});
  DataPair data = small_pair(40, 10, {1, 4, 5}, 4);
  TrainingOptions training;
  AttackedTraining() {
    training.epochs = 2;
    training.batch_size = 10;
    training.micro_batches = 2;
    training.seed = 3;
  }
};

inline AttackedJob run_under(const Attack& attack) {
  const AttackedTraining what;
  SessionOptions session;
  session.hops = attack.hops;
  session.timeout =
      std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(attack.timeout_s));
  LoopbackJob job(static_cast<int>(4 + attack.hops));
  job.network.on_cell([&](LoopbackNetwork::Wire& wire) { return attack.hook(job.network, wire); });
  attack.before(job.network);
  AttackedJob result;
  try {
    result.trained = train(job, what.model, what.data, what.training, session);
    for (const Refused& refused : result.trained.totals.refused) result.refused += refused.messages;
  } catch (const RunError& error) {
    result.error = error.what();
  }
  return result;
}

// It went through, with the bits of the reference.
inline void expect_undisturbed(const AttackedJob& job) {
  const AttackedTraining what;
  ASSERT_EQ(job.error, "");
  expect_same(job.trained, train_reference(what.model, what.data, what.training));
}

// Cells of one whole undisturbed run, to place attacks in every phase.
inline std::uint64_t cells_of_a_run(std::size_t hops) {
  std::uint64_t count = 0;
  const AttackedJob job = run_under({[&](LoopbackNetwork&, LoopbackNetwork::Wire&) {
                                       ++count;
                                       return Attack::Fate::kDeliver;
                                     },
                                     hops});
  EXPECT_EQ(job.error, "");
  return count;
}

inline std::string rank_text(int rank) { return "rank " + std::to_string(rank); }

}  // namespace mixnn::testing
