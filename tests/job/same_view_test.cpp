// What a rank is sent for itself tells nothing of the plan: not how many stages there are, nor what
// it or others do (P2).
#include <gtest/gtest.h>

#include <stdlib.h>

#include <filesystem>
#include <map>
#include <tuple>

#include "job/loopback_job.hpp"
#include "mixnn/crypto/noise.hpp"
#include "mixnn/session/automatic.hpp"
#include "mixnn/session/endpoint.hpp"
#include "mixnn/session/run_parameters.hpp"

namespace mixnn {
namespace {

using testing::LoopbackJob;

constexpr int kViewRanks = 13;
const Shape kViewInput{1, 6, 8};

// A message that is not a micro-batch, as the rank that it is for sees it.
using SeenMessage = std::tuple<Label, std::uint32_t, float, std::size_t>;
struct View {
  std::vector<SeenMessage> sent;  // in the order of arrival
  std::size_t micro_batches = 0;  // forward, backward and test
};
using Views = std::map<int, View>;  // by rank

// Without what is a rank's own in its control messages (its number), and random in orders for
// shards.
Label plain(Label label) {
  if (is_control(label.kind) || label.kind == MessageKind::kCheckpoint) label.part = 0;
  return label;
}

bool is_micro_batch(MessageKind kind) {
  return kind == MessageKind::kForward || kind == MessageKind::kBackward ||
         kind == MessageKind::kTest;
}

TrainingOptions view_training() {
  TrainingOptions training;
  training.epochs = 2;
  training.batch_size = 16;
  training.micro_batches = 8;
  training.seed = 4;
  return training;
}

// The same training of models whose largest stages and tensors have the same size, with all that
// may follow: a checkpoint, tests, gathering.
Views views_of(std::size_t stages, const SessionOptions& session, OwnStages own = {},
               const TrainingOptions& training = view_training()) {
  std::vector<std::int64_t> widths(stages - 1, 48);
  widths.push_back(4);
  ModelSpec model = testing::small_model(kViewInput, widths);
  model.own = own;
  const DataPair data = testing::small_pair(160, 40, kViewInput, 4);
  LoopbackNetwork network(kViewRanks, 1);
  std::vector<std::unique_ptr<Node>> nodes;
  Views views;
  for (int rank = 1; rank < kViewRanks; ++rank)
    nodes.push_back(
        std::make_unique<Node>(network.at(rank), NodeIdentity{},
                               [&view = views[rank]](const MessageInfo& info, std::size_t bytes) {
                                 if (is_micro_batch(info.label.kind))
                                   ++view.micro_batches;
                                 else
                                   view.sent.emplace_back(plain(info.label), info.micro_batches,
                                                          info.learning_rate, bytes);
                               }));
  network.pump([&] {
    for (const auto& node : nodes) node->step();
  });
  Owner owner(network.at(0), model, data, training, session);
  owner.start();
  for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
    owner.train_epoch(epoch);
    owner.test();
  }
  std::string folder = (std::filesystem::temp_directory_path() / "mixnn-view.XXXXXX").string();
  MIXNN_CHECK(::mkdtemp(folder.data()) != nullptr, "a scratch folder");
  owner.write_shards([&](std::size_t) {
    ShardOrder order;
    order.folder = folder;
    order.chunks = 1;
    Csprng().fill(order.name);
    order.public_key = X25519KeyPair::generate().public_key;
    return order;
  });
  std::filesystem::remove_all(folder);
  owner.pause();
  owner.resume();
  owner.parameters();
  owner.stop();
  return views;
}

SessionOptions view_session(std::size_t hops) {
  SessionOptions session;
  session.hops = hops;
  session.cell_bytes = kMinCellBytes;
  session.serial_bits = 16;  // key epochs end in the middle of training, too
  return session;
}

std::size_t hosts_among(const Views& views) {
  std::size_t hosts = 0;
  for (const auto& [rank, view] : views) hosts += view.micro_batches > 0;
  return hosts;
}

std::vector<SeenMessage> in_any_order(std::vector<SeenMessage> messages) {
  std::ranges::sort(messages);
  return messages;
}

void expect_same_in_order(const View& view, const View& first, const std::string& who) {
  EXPECT_EQ(view.sent.size(), first.sent.size()) << who;
  for (std::size_t i = 0; i < std::min(first.sent.size(), view.sent.size()); ++i) {
    EXPECT_EQ(to_string(std::get<Label>(view.sent[i])), to_string(std::get<Label>(first.sent[i])))
        << who << ", " << i;
    EXPECT_EQ(std::get<std::size_t>(view.sent[i]), std::get<std::size_t>(first.sent[i]));
    EXPECT_EQ(std::get<std::uint32_t>(view.sent[i]), std::get<std::uint32_t>(first.sent[i]));
  }
}

// Number, size and labels, and their order as far as the network keeps it: without relays to mix
// them they arrive as they were sent.
TEST(SameView, TellsNothingOfTheNumberOfStagesNorOfARanksOwnPart) {
  const Views two = views_of(2, view_session(0));
  EXPECT_GT(two.at(1).sent.size(), 20u);
  for (const std::size_t stages : {2, 3, 5, 9}) {
    const Views views = views_of(stages, view_session(0));
    EXPECT_EQ(hosts_among(views), stages);
    for (const auto& [rank, view] : views)
      expect_same_in_order(view, two.at(1), std::to_string(rank) + " of " + std::to_string(stages));
  }
}

// Nor of how many the owner keeps: between its own ends all hosts are sent and asked for as much.
TEST(SameView, IsTheSameBetweenTheOwnersOwnEnds) {
  const Views two = views_of(4, view_session(0), {1, 1});
  for (const auto& [stages, own] : {std::pair{5, OwnStages{1, 1}}, std::pair{9, OwnStages{2, 1}},
                                    std::pair{7, OwnStages{1, 3}}}) {
    const Views views = views_of(static_cast<std::size_t>(stages), view_session(0), own);
    EXPECT_EQ(hosts_among(views), static_cast<std::size_t>(stages) - own.count());
    for (const auto& [rank, view] : views)
      expect_same_in_order(view, two.at(1), std::to_string(rank) + " of " + std::to_string(stages));
  }
}

// The same, with every rank opening every window; the order in which ranks open is random, so what
// comes between two windows is compared in any order.
TEST(SameView, IsTheSameWithSpotChecks) {
  SessionOptions session = view_session(0);
  session.spot_checks = 1;
  session.window_steps = 4;
  const Views two = views_of(2, session);
  for (const std::size_t stages : {3, 5, 9}) {
    const Views views = views_of(stages, session);
    for (const auto& [rank, view] : views)
      EXPECT_EQ(in_any_order(view.sent), in_any_order(two.at(rank).sent))
          << rank << " of " << stages;
  }
}

// Over relays, rank by rank.
TEST(SameView, IsTheSameOverRelays) {
  const Views two = views_of(2, view_session(3));
  for (const std::size_t stages : {3, 5, 9}) {
    const Views views = views_of(stages, view_session(3));
    EXPECT_EQ(hosts_among(views), stages);
    for (const auto& [rank, view] : views)
      EXPECT_EQ(in_any_order(view.sent), in_any_order(two.at(rank).sent))
          << rank << " of " << stages;
  }
}

// In rounds each comes in the same exchange, and the order is kept.
TEST(SameView, IsTheSameInRounds) {
  SessionOptions session = view_session(3);
  session.traffic = TrafficKind::kRounds;
  session.cell_bytes = 0;
  session.in_flight = choose_round_in_flight(view_training().micro_batches, kViewRanks);
  const Views two = views_of(2, session);
  EXPECT_GT(two.at(1).sent.size(), 15u);
  for (const std::size_t stages : {3, 5, 9}) {
    const Views views = views_of(stages, session);
    EXPECT_EQ(hosts_among(views), stages);
    for (const auto& [rank, view] : views)
      expect_same_in_order(view, two.at(1), std::to_string(rank) + " of " + std::to_string(stages));
  }
}

TEST(SameView, IsTheSameIfGradientsAreClipped) {
  TrainingOptions clipped = view_training();
  clipped.clip_norm = 0.01f;
  const Views two = views_of(2, view_session(3), {}, clipped);
  for (const std::size_t stages : {3, 9}) {
    const Views views = views_of(stages, view_session(3), {}, clipped);
    EXPECT_EQ(hosts_among(views), stages);
    for (const auto& [rank, view] : views)
      EXPECT_EQ(in_any_order(view.sent), in_any_order(two.at(rank).sent))
          << rank << " of " << stages;
  }
}

// The first host holds as many micro-batches without their backward as public numbers allow, not
// twice the stages.
TEST(SameView, MicroBatchesWithoutAnAnswerDoNotTellTheStages) {
  for (const std::size_t stages : {2, 3, 5}) {
    const std::vector<std::int64_t> widths(stages, 48);
    const ModelSpec model = testing::small_model(kViewInput, widths);
    const DataPair data = testing::small_pair(64, 16, kViewInput, 4);
    TrainingOptions training = view_training();
    training.batch_size = 64;
    training.micro_batches = 32;
    SessionOptions session = view_session(0);
    session.in_flight = 10;
    std::map<int, int> open;  // by rank: forwards without their backward
    int most = 0;
    LoopbackNetwork network(kViewRanks, 1);
    std::vector<std::unique_ptr<Node>> nodes;
    for (int rank = 1; rank < kViewRanks; ++rank)
      nodes.push_back(std::make_unique<Node>(
          network.at(rank), NodeIdentity{}, [&, rank](const MessageInfo& info, std::size_t) {
            open[rank] += info.label.kind == MessageKind::kForward;
            open[rank] -= info.label.kind == MessageKind::kBackward;
            most = std::max(most, open[rank]);
          }));
    network.pump([&] {
      for (const auto& node : nodes) node->step();
    });
    Owner owner(network.at(0), model, data, training, session);
    owner.start();
    owner.train_epoch(0);
    EXPECT_EQ(most, 10) << stages;
    owner.stop();
  }
}

}  // namespace
}  // namespace mixnn
