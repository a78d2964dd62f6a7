// What the order and numbering of messages could tell a host of its position (P2).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "job/loopback_job.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;

// Without relays every link shows its receiver: the order in which hosts are first sent something
// during initialization is not always the order of their stages. With 4 stages it is so by chance
// once in 24 runs.
TEST(Order, HostsAreInitializedInRandomOrder) {
  const Shape input{1, 4, 4};
  const ModelSpec model = testing::small_model(input, {8, 7, 6, 4});
  const DataPair data = testing::small_pair(8, 4, input, 4);
  TrainingOptions training;
  training.epochs = 1;
  training.batch_size = 8;
  training.micro_batches = 1;
  training.seed = 6;
  SessionOptions session;
  session.hops = 0;
  int in_stage_order = 0;
  for (int run = 0; run < 40; ++run) {
    LoopbackJob job(5);
    std::vector<int> links;
    job.network.on_cell([&](LoopbackNetwork::Wire& wire) {
      links.push_back(wire.from * 10 + wire.to);
      return LoopbackNetwork::Fate::kDeliver;
    });
    Owner owner(job.network.at(0), model, data, training, session);
    owner.start();
    // After the four control cells and their four answers: whom the owner writes to, in order of
    // first sight.
    std::vector<int> initialized;
    for (std::size_t i = 8; i < links.size(); ++i)
      if (links[i] < 10 &&
          std::find(initialized.begin(), initialized.end(), links[i]) == initialized.end())
        initialized.push_back(links[i]);
    ASSERT_EQ(initialized.size(), 4u);
    // The forward pass then shows the stages: owner, first, second, ...
    const std::size_t trained_from = links.size();
    owner.train_epoch(0);
    std::vector<int> stages;
    for (std::size_t i = trained_from; i < links.size(); ++i) {
      const int from = links[i] / 10, to = links[i] % 10;
      if (from != 0 && to != 0 && stages.empty())
        stages = {from, to};
      else if (!stages.empty() && stages.size() < 4 && from == stages.back() && to != 0)
        stages.push_back(to);
    }
    owner.stop();
    ASSERT_EQ(stages.size(), 4u);
    in_stage_order += initialized == stages;
  }
  EXPECT_LE(in_stage_order, 8);  // 40 / 24 expected; more than 8 has p < 0.001
}

// A rank remembers by its label what it has answered: two tests after the same updates are told
// apart.
TEST(Order, NoLabelOfAMicroBatchComesAgain) {
  const Shape input{1, 4, 4};
  const ModelSpec model = testing::small_model(input, {8, 4});
  const DataPair data = testing::small_pair(8, 4, input, 4);
  TrainingOptions training;
  training.epochs = 1;
  training.batch_size = 8;
  training.micro_batches = 2;
  SessionOptions session;
  session.hops = 1;
  LoopbackNetwork network(4);
  std::map<std::pair<int, Label>, int> times;
  std::vector<std::unique_ptr<Node>> nodes;
  for (int rank = 1; rank < 4; ++rank)
    nodes.push_back(std::make_unique<Node>(
        network.at(rank), NodeIdentity{}, [&times, rank](const MessageInfo& info, std::size_t) {
          if (info.label.kind == MessageKind::kTest || info.label.kind == MessageKind::kForward)
            ++times[{rank, info.label}];
        }));
  network.pump([&] {
    for (const auto& node : nodes) node->step();
  });
  Owner owner(network.at(0), model, data, training, session);
  owner.start();
  owner.train_epoch(0);
  owner.test();
  owner.test();
  owner.stop();
  EXPECT_EQ(times.size(), 2u * (2 + 2 * 1));  // both hosts: two micro-batches, two tests of a chunk
  for (const auto& [key, count] : times) EXPECT_EQ(count, 1) << to_string(key.second);
}

}  // namespace
}  // namespace mixnn
