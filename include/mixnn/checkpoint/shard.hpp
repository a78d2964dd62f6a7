#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "mixnn/checkpoint/key.hpp"
#include "mixnn/crypto/hash.hpp"

namespace mixnn {

// A shard: one stage's state (parameters, then the optimizer's) in a sealed stream of a size that
// all shards of a checkpoint share. Its text is a u64 count of floats, the floats, and zeros. It
// holds nothing of the stage's position, and neither does its random name.
std::size_t shard_chunks(std::size_t floats);  // that hold so many
// So many or more: a power of two, or 1.5 times one. Every host is told the number of chunks, and
// so learns the size of the largest stage no closer than that (P2).
std::size_t rounded_chunks(std::size_t chunks);
std::string shard_file_name(const ShardName& name);  // "0123...ef.shard"

// Writes the shard for its owner alone, whole or not at all, and down to the disk. Returns the
// SHA-256 of the file. Throws FileError.
Digest write_shard(const std::filesystem::path& folder, const ShardName& name,
                   std::span<const std::byte, 32> public_key, std::size_t chunks,
                   std::span<const float> state);

// The state, or why there is none: "is missing", "is truncated", ...
struct ShardText {
  std::vector<float> state;
  std::string problem;  // empty: none
};
ShardText read_shard(const std::filesystem::path& folder, const ShardName& name,
                     const CheckpointKey& key, std::size_t chunks, const Digest& sha256,
                     std::size_t floats);

// As much as it holds.
ShardText read_whole_shard(const std::filesystem::path& folder, const ShardName& name,
                           const CheckpointKey& key, std::size_t chunks, const Digest& sha256);

// Reads it in the same way, keeps nothing of it, and wants all numbers to be finite. Empty, or what
// is wrong: a host may report what it likes.
std::string check_shard(const std::filesystem::path& folder, const ShardName& name,
                        const CheckpointKey& key, std::size_t chunks, const Digest& sha256,
                        std::size_t floats);

}  // namespace mixnn
