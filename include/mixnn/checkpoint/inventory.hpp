#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/checkpoint/folder.hpp"
#include "mixnn/checkpoint/manifest.hpp"
#include "mixnn/checkpoint/run_keys.hpp"

namespace mixnn {

// All that is named like a manifest in a folder of checkpoints, read once.
struct Inventory {
  struct Known {  // it opens, and is what its name says
    Manifest manifest;
    Digest sha256{};  // of its file
  };
  struct Unknown {
    std::string file;
    std::optional<std::uint64_t> number;
    std::string problem;
  };
  std::vector<Known> known;      // newest first
  std::vector<Unknown> unknown;  // newest first

  bool empty() const { return known.empty() && unknown.empty(); }
  bool knows(std::uint64_t number) const;
  bool holds_file(std::uint64_t number) const;  // known or not
  std::set<std::string> shards() const;         // of the known ones: names of their files
  // Which are unknown, of those without a number or with one that is not above `most`: for a
  // person; empty if none.
  std::string unknown_text(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const;
};

Inventory take_inventory(const CheckpointFolder& folder, RunKeys& keys);

void add_shards(const Manifest& manifest, std::set<std::string>& names);

}  // namespace mixnn
