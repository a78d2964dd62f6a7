#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "mixnn/checkpoint/folder.hpp"
#include "mixnn/checkpoint/key.hpp"
#include "mixnn/checkpoint/manifest.hpp"

namespace mixnn {

// A checkpoint as one reads it who does not train on: the folder is not held, nothing in it
// changes, and a job may go on writing there.
class SavedCheckpoint {
 public:
  // `place`: the folder, whose newest is taken, or a manifest in it. `key`: empty: the default.
  // Throws UsageError that names --checkpoint or --checkpoint-key, the file, and what is wrong; an
  // older one is never taken by itself.
  SavedCheckpoint(const std::filesystem::path& place, const std::filesystem::path& key);

  const Manifest& manifest() const { return manifest_; }
  std::string name() const;  // of its file
  // By stage, each of so many floats. Throws UsageError that names the shard.
  std::vector<std::vector<float>> parameters(const std::vector<std::size_t>& floats) const;

  [[noreturn]] void refuse(const std::string& why) const;  // UsageError that names it

 private:
  std::vector<float> state(std::size_t shard, std::uint64_t chunks, std::size_t parameters) const;
  void open(const std::string& file, const std::filesystem::path& records);

  std::filesystem::path place_;
  CheckpointFolder folder_;
  CheckpointKey key_;  // of this checkpoint alone, once it is open
  Manifest manifest_;
};

}  // namespace mixnn
