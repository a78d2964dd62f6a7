#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/checkpoint/manifest.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/identity/identity.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/owner/rank_trace.hpp"
#include "mixnn/owner/rank_usage.hpp"
#include "mixnn/owner/refused.hpp"
#include "mixnn/owner/spot_checks.hpp"
#include "mixnn/rounds/rewind.hpp"
#include "mixnn/session/machine_map.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/train/evaluation.hpp"
#include "mixnn/train/options.hpp"
#include "mixnn/train/results.hpp"
#include "mixnn/transport/transport.hpp"
#include "mixnn/wire/shard_order.hpp"

namespace mixnn {

// What was settled when the session began.
struct SessionFacts {
  std::string aead;  // "aes256gcm" or "chacha20poly1305"
  std::size_t cell_bytes = 0, cells_per_message = 0, pool_cells = 0;
  std::size_t stages = 0, relays = 0;   // on hosts; ranks without one
  OwnStages own;                        // that the owner computes itself
  std::size_t kept_bytes = 0;           // in rounds: that each rank keeps for blame
  MachineMap machines;                  // who shares one
  StageSpread spread;                   // of the hosted stages over them
  std::optional<Authentication> peers;  // of other hosts; nothing: there are none
  Nanoseconds period{0};                // of a round, if rounds have a pace
  double startup_s = 0;                 // handshake and model initialization
};

// Exchanges of rounds in which something due was not ready, of all hosts together.
struct LateExchanges {
  std::uint64_t owner = 0, others = 0;
  std::uint64_t all() const { return owner + others; }
};

// What all ranks counted, from their final reports.
struct SessionTotals {
  std::uint64_t cells = 0;  // sent, over all links
  std::uint64_t bytes_on_wire = 0;
  std::uint64_t forwarded = 0, delivered = 0, rejected = 0;
  std::vector<Refused> refused;  // what ranks dropped; the run went on
  LateExchanges late;
  SpotCheckCounts spot_checks;
  std::optional<RoundLosses> losses;  // in rounds
  std::vector<RankUsage> ranks;       // by rank
};

// The data owner, rank 0: knows the plan, gives out tickets, drives the schedule, computes the
// loss, and the stages that it keeps for itself. All calls block until done and throw RunError
// where the run cannot go on (tampering, timeout, NaN loss, a peer that disagrees). In order:
// start; then train_epoch, test, parameters, pause and resume as wanted; stop.
class Owner {
 public:
  Owner(Transport& transport, const ModelSpec& model, const DataPair& data,
        const TrainingOptions& training, const SessionOptions& session,
        OwnerIdentity identity = {});
  ~Owner();

  // Handshake, placement, model initialization: from the seed, or where a checkpoint stands
  // (`state`: by stage, parameters and then the optimizer's state). Whoever hosts what is drawn
  // anew.
  SessionFacts start();
  SessionFacts start(const TrainingPoint& from, const std::vector<std::vector<float>>& state);
  EpochResult train_epoch(std::uint32_t epoch, const ProgressHook& progress = {});
  // Trains on in the epoch of point(), for at most so many steps; the epoch's result when that ends
  // it. How an epoch is cut changes no bit.
  std::optional<EpochResult> train_steps(std::size_t most, const ProgressHook& progress = {});
  const TrainingPoint& point() const;
  // Has every rank write its stage's state as the order for its place says, those without a stage
  // an empty one; what they report, the stages' first. Last, if the owner has stages, their one
  // shard, as the order for kOwnersPlace says. Throws SaveError if one cannot write it: the
  // training can go on.
  std::vector<ShardRecord> write_shards(
      const std::function<ShardOrder(std::size_t place)>& order_for);
  TestResult test();                    // of the validation set, or without one the test set
  TestResult test(const DataSet& set);  // of another set
  // The result of the test after an epoch, each once, also of those that earlier jobs have trained:
  // the learning rate may go by it.
  void tested(const TestResult& result);
  // What the network gives for the samples of the test set, which is how it is used once trained.
  void outputs(const OutputSink& sink);
  // For so many samples, each of which is asked for when the outputs of the one before have been
  // taken. One message under way at a time must be all that the session has.
  void outputs_one_by_one(std::size_t count, const NextSample& next, const OutputSink& sink);
  std::vector<std::vector<float>> parameters();  // gathered from the hosts, by stage
  void pause();  // nodes sleep outside the transport, so that another computation has the cores
  void resume();
  // What every rank recorded since the start; nothing without SessionOptions::trace_events. Once,
  // before stop.
  std::vector<RankTrace> trace();
  SessionTotals stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mixnn
