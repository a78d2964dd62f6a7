#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "mixnn/checkpoint/key.hpp"
#include "mixnn/layers/loss/loss.hpp"
#include "mixnn/train/results.hpp"
#include "mixnn/train/run_identity.hpp"

namespace mixnn {

// Where a training stands, between two steps.
struct TrainingPoint {
  std::uint32_t epoch = 0;  // from 0
  std::uint32_t step = 0;   // of the epoch: the next to train
  LossSum sums;             // of this epoch so far
  double wall_s = 0;        // trained in this epoch so far
};

// One shard as its host has reported it.
struct ShardRecord {
  ShardName name{};
  Digest sha256{};
};

// What the owner keeps of a checkpoint: where the training stands, and which shards belong to it,
// by stage. The data order needs no state: it follows from the seed and the epoch.
struct Manifest {
  std::uint64_t number = 0;  // higher is newer
  RunIdentity identity;
  TrainingPoint point;
  std::vector<EpochRecord> epochs;  // that have ended
  std::uint32_t lives = 1;          // jobs that have trained this
  std::uint64_t chunks = 0;         // of every shard
  std::vector<ShardRecord> shards;  // by stage
};

// Another one where the layout changes, and where the same training would go on with other bits: 2,
// parts of products along rows; 3, subnormals flushed; 4, the optimizer.
inline constexpr std::uint32_t kCheckpointVersion = 4;

// To and from the bytes of the manifest's file: "MIXNNCKP", u32 version, and a box
// (XChaCha20-Poly1305, random nonce) whose text repeats the version and is padded to 4 KiB.
std::vector<std::byte> seal_manifest(const Manifest& manifest, const CheckpointKey& key);
struct OpenedManifest {
  Manifest manifest;
  std::string problem;  // empty: none
};
OpenedManifest open_manifest(ConstBytes file, const CheckpointKey& key);

}  // namespace mixnn
