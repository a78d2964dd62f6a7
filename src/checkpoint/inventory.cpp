#include "mixnn/checkpoint/inventory.hpp"

#include <algorithm>

#include "mixnn/base/text.hpp"
#include "mixnn/checkpoint/shard.hpp"

namespace mixnn {
namespace {

// Into one list or the other.
void classify(const CheckpointFolder::ManifestFile& file, const CheckpointFolder& folder,
              RunKeys& keys, Inventory& inventory) {
  const auto unknown = [&](const std::string& problem) {
    inventory.unknown.push_back({file.name, file.number, problem});
  };
  if (!file.number) return unknown("has a name that no manifest has");
  const CheckpointFolder::ManifestBytes read = folder.read_manifest(file.name);
  if (!read.problem.empty()) return unknown(read.problem);
  const OpenedManifest head = read_manifest_head(read.bytes);
  if (!head.problem.empty()) return unknown(head.problem);
  const RunKeys::Answer answer = keys.of(head.manifest.run, *file.number);
  if (!answer.key) return unknown(answer.problem);
  OpenedManifest opened = open_manifest(read.bytes, *answer.key);
  if (!opened.problem.empty()) return unknown(opened.problem + answer.problem);
  inventory.known.push_back({std::move(opened.manifest), sha256({read.bytes})});
}

}  // namespace

bool Inventory::knows(std::uint64_t number) const {
  return std::ranges::any_of(known,
                             [&](const Known& one) { return one.manifest.number == number; });
}

bool Inventory::holds_file(std::uint64_t number) const {
  return knows(number) ||
         std::ranges::any_of(unknown, [&](const Unknown& one) { return one.number == number; });
}

std::set<std::string> Inventory::shards() const {
  std::set<std::string> names;
  for (const Known& one : known) add_shards(one.manifest, names);
  return names;
}

std::string Inventory::unknown_text(std::uint64_t most) const {
  std::string first;
  std::size_t more = 0;
  for (const Unknown& one : unknown)
    if (one.number && *one.number > most)
      continue;
    else if (first.empty())
      first = printable(one.file) + " " + one.problem;
    else
      ++more;
  return first + (more == 0 ? "" : " (and " + std::to_string(more) + " more)");
}

Inventory take_inventory(const CheckpointFolder& folder, RunKeys& keys) {
  Inventory inventory;
  for (const CheckpointFolder::ManifestFile& file : folder.manifests())
    classify(file, folder, keys, inventory);
  std::ranges::reverse(inventory.known);
  std::ranges::reverse(inventory.unknown);
  return inventory;
}

void add_shards(const Manifest& manifest, std::set<std::string>& names) {
  for (const ShardRecord& shard : manifest.shards) names.insert(shard_file_name(shard.name));
}

}  // namespace mixnn
