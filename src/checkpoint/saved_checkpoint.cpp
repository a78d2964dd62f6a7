#include "mixnn/checkpoint/saved_checkpoint.hpp"

#include <algorithm>

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

bool is_hosted(const Manifest& manifest, std::size_t stage) {
  return stage >= manifest.own.first && stage < manifest.own.first + manifest.stages;
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

std::vector<float> SavedCheckpoint::state(std::size_t shard, std::uint64_t chunks,
                                          std::size_t parameters) const {
  const ShardRecord& record = manifest_.shards[shard];
  ShardText text = read_whole_shard(folder_.path(), record.name, key_, chunks, record.sha256);
  const std::size_t floats = text.state.size();
  const bool fits = parameters == 0 ? floats == 0 : floats > 0 && floats % parameters == 0;
  if (text.problem.empty() && !fits)
    text.problem = shard_file_name(record.name) + " is of another stage";
  if (text.problem.empty()) return std::move(text.state);
  refuse(name() + " cannot be used: its shard " + text.problem +
         (folder_.holds(name()) ? "" : "; a job has removed it meanwhile, try again"));
}

// A stage's state is its parameters, and behind them as many numbers for each slot of the
// optimizer, which are left out. Those of the owner's stages lie one behind the other.
std::vector<std::vector<float>> SavedCheckpoint::parameters(
    const std::vector<std::size_t>& floats) const {
  const Manifest& m = manifest_;
  if (floats.size() != m.all_stages())
    refuse(name() + " has " + counted(m.all_stages(), "stage") + ", MODEL " +
           std::to_string(floats.size()));
  std::size_t own_parameters = 0;
  for (std::size_t i = 0; i < floats.size(); ++i)
    if (!is_hosted(m, i)) own_parameters += floats[i];
  std::vector<float> own;
  if (m.has_own_shard()) own = state(m.shards.size() - 1, m.own_chunks, own_parameters);
  const std::size_t copies = own.size() / std::max<std::size_t>(own_parameters, 1);
  std::vector<std::vector<float>> stages;
  auto at = own.cbegin();
  for (std::size_t i = 0; i < floats.size(); ++i) {
    if (is_hosted(m, i)) {
      stages.push_back(state(i - m.own.first, m.chunks, floats[i]));
      stages.back().resize(floats[i]);
    } else {
      stages.emplace_back(at, at + static_cast<std::ptrdiff_t>(floats[i]));
      at += static_cast<std::ptrdiff_t>(floats[i] * copies);
    }
  }
  return stages;
}

}  // namespace mixnn
