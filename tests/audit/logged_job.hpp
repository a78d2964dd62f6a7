#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "mixnn/audit/merged_log.hpp"
#include "mixnn/base/random.hpp"
#include "mixnn/node/node.hpp"
#include "mixnn/owner/owner.hpp"
#include "mixnn/transport/loopback.hpp"
#include "mixnn/transport/tapped_transport.hpp"
#include "small_model.hpp"

namespace mixnn::testing {

// A whole job in this process, all of whose ranks write down their traffic, in memory. The clock is
// the number of things written down, in microseconds: what comes later has a later time, and two
// runs alike have the same log.
class LoggedJob {
 public:
  LoggedJob(int ranks, std::uint64_t seed)
      : network(ranks, seed), rng_(seed, RandomPurpose::kTest, 1), logs_(ranks) {
    for (int rank = 0; rank < ranks; ++rank) {
      WireLog& log = logs_[static_cast<std::size_t>(rank)];
      log.rank = static_cast<std::uint32_t>(rank);
      log.ranks = static_cast<std::uint32_t>(ranks);
      taps_.push_back(std::make_unique<TappedTransport>(
          network.at(rank), [this, &log](const auto& cell) { add(log, cell, false); },
          [this, &log](const auto& cell) { add(log, cell, true); }));
      if (rank > 0) add_node(log);
    }
    network.pump([this] { round(); });
  }

  // One epoch, without a test behind it.
  MergedLog train(const ModelSpec& model, const DataPair& data, const TrainingOptions& training,
                  const SessionOptions& session) {
    WireTruth truth;
    truth.model = model.name;
    truth.traffic = session.traffic == TrafficKind::kRounds ? "rounds" : "onion";
    truth.ranks = static_cast<std::uint32_t>(logs_.size());
    truth.batch = static_cast<std::uint32_t>(training.batch_size);
    truth.micro_batches = static_cast<std::uint32_t>(training.micro_batches);
    truth.hops = static_cast<std::uint32_t>(session.hops);
    truth.clocks.resize(logs_.size());
    Owner owner(*taps_.front(), model, data, training, session);
    const SessionFacts facts = owner.start();
    truth.machines = facts.machines.of;
    truth.apart = facts.spread.apart;
    std::vector<LoggedStep>& steps = logs_.front().steps;
    steps.push_back({now(), 0});
    owner.train_epoch(0, [&](const Progress&) { steps.push_back({now(), steps.size()}); });
    for (const RankTrace& rank : owner.trace())
      if (rank.role == RankUsage::Role::kHost) {
        truth.hosts.resize(std::max(truth.hosts.size(), rank.stage + 1));
        truth.hosts[rank.stage] = rank.rank;
      }
    owner.stop();
    return merge_logs(std::move(truth), logs_);
  }

  LoopbackNetwork network;

 private:
  std::uint64_t now() { return time_ns_ += 1000; }
  void add(WireLog& log, const TappedTransport::Cell& cell, bool sent) {
    log.cells.push_back(
        logged_cell(now(), static_cast<std::uint32_t>(cell.peer), sent, cell.taken, cell.bytes));
  }
  void add_node(WireLog& log) {
    using Way = LoggedMessage::Way;
    nodes_.push_back(std::make_unique<Node>(
        *taps_.back(), NodeIdentity{},
        [this, &log](const MessageInfo& info, std::size_t) {
          log.messages.push_back({now(), Way::kHandedOut, info.label});
        },
        Node::Lies{},
        [this, &log](const Label& label) {
          log.messages.push_back({now(), Way::kAnswered, label});
        }));
  }
  // Each node gets a turn, in random order.
  void round() {
    std::vector<std::size_t> order(nodes_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    shuffle(std::span(order), rng_);
    for (const std::size_t i : order) nodes_[i]->step();
  }

  CounterRng rng_;
  std::uint64_t time_ns_ = 0;
  std::vector<WireLog> logs_;
  std::vector<std::unique_ptr<TappedTransport>> taps_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace mixnn::testing
