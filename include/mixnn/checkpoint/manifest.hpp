#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/codec.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/checkpoint/key.hpp"
#include "mixnn/checkpoint/run_record.hpp"
#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/results.hpp"
#include "mixnn/train/run_identity.hpp"

namespace mixnn {

// A checkpoint that could not be written. Older ones are as they were, and the training can go on.
class SaveError : public RunError {
 public:
  using RunError::RunError;
};

// Where a training stands, between two steps.
struct TrainingPoint {
  std::uint32_t epoch = 0;  // from 0
  std::uint32_t step = 0;   // of the epoch: the next to train
  LossSum sums;             // of this epoch so far
  double wall_s = 0;        // trained in this epoch so far
};
void describe(auto& codec, Of<TrainingPoint> auto& point) {
  codec.numbers(point.epoch, point.step, point.sums.loss);
  codec.number_as(std::uint64_t{}, point.sums.correct);
  codec.number_as(std::uint64_t{}, point.sums.answers);
  codec.number(point.sums.weight);
  codec.number(point.wall_s);
}

std::string point_text(const TrainingPoint& point);  // "after 1 epoch and 5 steps"

// Without one it is written as NaN, which no accuracy is.
void describe_accuracy(auto& codec, auto& accuracy) {
  codec.foreign(
      accuracy,
      [](const std::optional<double>& value, ByteWriter& out) {
        out.put(value.value_or(std::numeric_limits<double>::quiet_NaN()));
      },
      [](ByteReader& in) {
        const auto value = in.get<double>();
        return std::isnan(value) ? std::nullopt : std::optional(value);
      });
}

// One epoch that has ended.
void describe(auto& codec, Of<EpochRecord> auto& epoch) {
  codec.number_as(std::uint64_t{}, epoch.train.samples);
  codec.numbers(epoch.train.wall_s, epoch.train.train_loss);
  describe_accuracy(codec, epoch.train.train_accuracy);
  codec.numbers(epoch.test.wall_s, epoch.test.loss);
  describe_accuracy(codec, epoch.test.accuracy);
}

// Whose turn it is, in the place of a rank's: the owner writes a shard of its own stages.
inline constexpr std::size_t kOwnersPlace = static_cast<std::size_t>(-1);

// One shard as its host has reported it.
struct ShardRecord {
  ShardName name{};
  Digest sha256{};
};
void describe(auto& codec, Of<ShardRecord> auto& shard) {
  codec.bytes(shard.name);
  codec.bytes(shard.sha256);
}

// What the owner keeps of a checkpoint: where the training stands, and which shards belong to it:
// those of the hosted stages, in order; behind them any that hold nothing; last, if the owner has
// stages of its own, one with the states of all of them. The data order needs no state: it follows
// from the seed and the epoch.
struct Manifest {
  RunId run{};               // in the file's head, in the clear
  std::uint64_t number = 0;  // higher is newer
  RunIdentity identity;
  TrainingPoint point;
  std::vector<EpochRecord> epochs;  // that have ended
  std::uint32_t lives = 1;          // jobs that have trained this
  std::uint64_t chunks = 0;         // of every shard but the owner's
  std::uint32_t stages = 0;         // that the first shards are of
  OwnStages own;                    // before and behind these
  std::uint64_t own_chunks = 0;     // of the owner's shard
  std::vector<ShardRecord> shards;  // behind those of the stages: of ranks without one

  bool has_own_shard() const { return own.count() > 0; }
  std::size_t all_stages() const { return own.count() + stages; }
  // What the shard of this index must hold, by the floats of each stage of the model.
  struct Content {
    std::uint64_t chunks = 0;
    std::size_t floats = 0;
  };
  Content content(std::size_t shard, const std::vector<std::size_t>& floats) const;
};

// Another one if the layout changes, or if the same training would go on with other bits: 2, parts
// of products along rows; 3, subnormals flushed; 4, the run's settings by name, as text,
// the optimizer's among them; 5, a run's number in the head, a key for each checkpoint, stages and
// shards counted apart; 6, what the mean of the losses divides by, and how many answers there were;
// 7, stages of the owner's own.
inline constexpr std::uint32_t kCheckpointVersion = 7;

void describe(auto& codec, Of<Manifest> auto& m) {
  codec.constant(kCheckpointVersion);
  codec.number(m.number);
  codec.foreign(
      m.identity, [](const RunIdentity& identity, ByteWriter& out) { write(identity, out); },
      read_run_identity);
  codec.nested(m.point);
  codec.list(m.epochs);
  codec.numbers(m.lives, m.chunks, m.stages);
  codec.number_as(std::uint32_t{}, m.own.first);
  codec.number_as(std::uint32_t{}, m.own.last);
  codec.number(m.own_chunks);
  codec.list(m.shards);
  codec.require(m.stages + (m.has_own_shard() ? 1 : 0) <= m.shards.size());
}

// To and from the bytes of the manifest's file: "MIXNNCKP", u32 version, the run (16), and a box
// (XChaCha20-Poly1305, random nonce) whose text repeats the version and is padded to 4 KiB. `key`
// is the sub-key of the run and the number.
std::vector<std::byte> seal_manifest(const Manifest& manifest, const CheckpointKey& key);
struct OpenedManifest {
  Manifest manifest;
  std::string problem;  // empty: none
};
OpenedManifest read_manifest_head(ConstBytes file);  // the run alone
OpenedManifest open_manifest(ConstBytes file, const CheckpointKey& key);

}  // namespace mixnn
