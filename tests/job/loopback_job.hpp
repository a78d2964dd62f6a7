#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/random.hpp"
#include "mixnn/node/node.hpp"
#include "mixnn/owner/owner.hpp"
#include "mixnn/train/baseline.hpp"
#include "mixnn/transport/loopback.hpp"
#include "small_model.hpp"

namespace mixnn::testing {

// A whole job in this process: rank 0 is the test's Owner, all others are nodes that run while the
// owner waits.
class LoopbackJob {
 public:
  explicit LoopbackJob(int ranks, std::uint64_t seed = 1)
      : network(ranks, seed), rng_(seed, RandomPurpose::kTest, 1) {
    for (int rank = 1; rank < ranks; ++rank)
      nodes.push_back(std::make_unique<Node>(network.at(rank)));
    network.pump([this] { round(); });
  }

  LoopbackNetwork network;
  std::vector<std::unique_ptr<Node>> nodes;

 private:
  // Each node gets a turn, in random order.
  void round() {
    std::vector<std::size_t> order(nodes.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    shuffle(std::span(order), rng_);
    for (const std::size_t i : order) nodes[i]->step();
  }
  CounterRng rng_;
};

struct TrainedJob {
  std::vector<std::vector<float>> parameters;
  std::vector<EpochResult> epochs;
  std::vector<TestResult> tests;
  SessionTotals totals;
};

// Bit for bit.
inline void expect_same(const TrainedJob& ours, const TrainedJob& reference) {
  EXPECT_EQ(ours.parameters, reference.parameters);
  ASSERT_EQ(ours.epochs.size(), reference.epochs.size());
  for (std::size_t i = 0; i < ours.epochs.size(); ++i) {
    EXPECT_EQ(ours.epochs[i].train_loss, reference.epochs[i].train_loss);
    EXPECT_EQ(ours.epochs[i].train_accuracy, reference.epochs[i].train_accuracy);
    EXPECT_EQ(ours.tests[i].loss, reference.tests[i].loss);
    EXPECT_EQ(ours.tests[i].accuracy, reference.tests[i].accuracy);
  }
}

inline TrainedJob train(Owner& owner, std::uint32_t epochs) {
  owner.start();
  TrainedJob result;
  for (std::uint32_t epoch = 0; epoch < epochs; ++epoch) {
    result.epochs.push_back(owner.train_epoch(epoch));
    result.tests.push_back(owner.test());
    owner.tested(result.tests.back());
  }
  result.parameters = owner.parameters();
  result.totals = owner.stop();
  return result;
}

inline TrainedJob train(LoopbackJob& job, const ModelSpec& model, const DataPair& data,
                        const TrainingOptions& training, const SessionOptions& session) {
  Owner owner(job.network.at(0), model, data, training, session);
  return train(owner, training.epochs);
}

inline TrainedJob train_reference(const ModelSpec& model, const DataPair& data,
                                  const TrainingOptions& training) {
  Baseline baseline(model, data, training);
  TrainedJob result;
  for (std::uint32_t epoch = 0; epoch < training.epochs; ++epoch) {
    result.epochs.push_back(baseline.train_epoch(epoch));
    result.tests.push_back(baseline.test());
    baseline.tested(result.tests.back());
  }
  result.parameters = baseline.parameters();
  return result;
}

}  // namespace mixnn::testing
