#include "mixnn/checkpoint/saved_checkpoint.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/checkpoint/run_keys.hpp"
#include "mixnn/checkpoint/shard.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

bool is_manifest(const fs::path& place) { return place.extension() == ".manifest"; }

fs::path folder_with(const fs::path& place) {
  if (!is_manifest(place)) return place;
  return place.has_parent_path() ? place.parent_path() : fs::path(".");
}

CheckpointKey existing_key(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  if (!file.empty() && !fs::exists(file, error))
    throw UsageError("--checkpoint-key " + file.string() +
                     ": there is no such key; name the one that the checkpoints were made with");
  return CheckpointKey::load(file, folder, false);
}

}  // namespace

SavedCheckpoint::SavedCheckpoint(const fs::path& place, const fs::path& key)
    : place_(place),
      folder_(folder_with(place), CheckpointFolder::ToRead{}),
      key_(existing_key(key.empty() ? CheckpointKey::default_file() : key, folder_.path())) {
  std::string file;
  if (is_manifest(place)) {
    file = place.filename().string();
  } else {
    for (const CheckpointFolder::ManifestFile& found : folder_.manifests())
      if (found.number) file = found.name;
    if (file.empty()) refuse("holds no checkpoint");
  }
  open(file, (key.empty() ? CheckpointKey::default_file() : key).string() + ".runs");
}

void SavedCheckpoint::refuse(const std::string& why) const {
  throw UsageError("--checkpoint " + place_.string() + ": " + why);
}

std::string SavedCheckpoint::name() const {
  return CheckpointFolder::manifest_name(manifest_.number);
}

void SavedCheckpoint::open(const std::string& file, const fs::path& records) {
  const auto fail = [&](const std::string& problem) {
    std::string older;
    for (const CheckpointFolder::ManifestFile& found : folder_.manifests())
      if (found.number && found.name < file) older = found.name;
    refuse(printable(file) + " " + problem +
           (older.empty() || is_manifest(place_)
                ? ""
                : "; to take an older one, name it: --checkpoint " + (place_ / older).string()));
  };
  const CheckpointFolder::ManifestBytes read = folder_.read_manifest(file);
  if (!read.problem.empty()) fail(read.problem);
  const OpenedManifest head = read_manifest_head(read.bytes);
  if (!head.problem.empty()) fail(head.problem);
  std::optional<std::uint64_t> number;
  for (const CheckpointFolder::ManifestFile& found : folder_.manifests())
    if (found.name == file) number = found.number;
  if (!number) fail("has a name that no manifest has");
  const RunRecords run_records(records, key_.record_key());
  RunKeys keys(key_, run_records);
  const RunKeys::Answer answer = keys.of(head.manifest.run, *number);
  if (!answer.key) fail(answer.problem);
  OpenedManifest opened = open_manifest(read.bytes, *answer.key);
  if (!opened.problem.empty()) fail(opened.problem + answer.problem);
  manifest_ = std::move(opened.manifest);
  key_ = *answer.key;
}

std::vector<std::vector<float>> SavedCheckpoint::parameters(
    const std::vector<std::size_t>& floats) const {
  if (floats.size() != manifest_.all_stages())
    refuse(name() + " has " + counted(manifest_.all_stages(), "stage") + ", MODEL " +
           std::to_string(floats.size()));
  const auto used = [this](ShardText text) {
    if (!text.problem.empty())
      refuse(name() + " cannot be used: its shard " + text.problem +
             (folder_.holds(name()) ? "" : "; a job has removed it meanwhile, try again"));
    return std::move(text.state);
  };
  std::vector<std::vector<float>> stages(floats.size());
  std::size_t of_owner = 0;
  for (std::size_t i = 0; i < floats.size(); ++i) {
    const std::size_t shard = i - manifest_.own.first;
    if (shard < manifest_.stages)
      stages[i] =
          used(read_shard_parameters(folder_.path(), manifest_.shards[shard].name, key_,
                                     manifest_.chunks, manifest_.shards[shard].sha256, floats[i]));
    else
      of_owner += floats[i];
  }
  if (!manifest_.has_own_shard()) return stages;
  const ShardRecord& own = manifest_.shards.back();
  const std::vector<float> states = used(read_shard_states(
      folder_.path(), own.name, key_, manifest_.own_chunks, own.sha256, of_owner));
  const std::size_t times = of_owner > 0 ? states.size() / of_owner : 0;  // with the slots
  auto at = states.begin();
  for (std::size_t i = 0; i < floats.size(); ++i) {
    if (i - manifest_.own.first < manifest_.stages) continue;
    stages[i].assign(at, at + static_cast<std::ptrdiff_t>(floats[i]));
    at += static_cast<std::ptrdiff_t>(times * floats[i]);
  }
  return stages;
}

}  // namespace mixnn
