#include "mixnn/checkpoint/store.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/crypto/random.hpp"
#include "mixnn/crypto/sealed_stream.hpp"

namespace mixnn {
namespace {

CheckpointKey load_key(const CheckpointOptions& options, const CheckpointFolder& folder) {
  const bool may_make = options.resume == ResumeMode::kNever || folder.manifests().empty();
  return CheckpointKey::load(options.key.empty() ? CheckpointKey::default_file() : options.key,
                             folder.path(), may_make);
}

void add_shards(const Manifest& manifest, std::set<std::string>& names) {
  for (const ShardRecord& shard : manifest.shards) names.insert(shard_file_name(shard.name));
}

// A shard that its host has written, and rank 0 does not find.
SaveError not_seen(const std::filesystem::path& folder) {
  std::error_code error;
  const std::string name = "--checkpoint " + folder.string();
  if (!std::filesystem::exists(folder, error))
    return SaveError(name + " cannot be " +
                     (error ? "looked at: " + error.message() : "found any more"));
  return SaveError("a stage host has written its shard, but rank 0 does not see it: " + name +
                   " must be one folder, shared by all machines");
}

}  // namespace

CheckpointStore::CheckpointStore(const CheckpointOptions& options)
    : options_(options), folder_(options.folder), key_(load_key(options, folder_)) {
  const std::vector<std::uint64_t> numbers = folder_.manifests();
  if (!numbers.empty()) highest_ = numbers.front();
}

std::optional<Checkpoint> CheckpointStore::try_open(std::uint64_t number, const RunIdentity& given,
                                                    const std::vector<std::size_t>& floats) {
  const auto damaged = [&](const std::string& what) {
    notes_.push_back("checkpoint " + std::to_string(number) + " cannot be used: " + what);
    return std::nullopt;
  };
  const OpenedManifest opened = open_manifest(folder_.read_manifest(number), key_);
  const std::string name = CheckpointFolder::manifest_name(number);
  if (!opened.problem.empty()) return damaged(name + " " + opened.problem);
  const Manifest& manifest = opened.manifest;
  if (manifest.number != number) return damaged(name + " is the manifest of another checkpoint");
  const std::string other = difference(manifest.identity, given);
  if (!other.empty())
    throw UsageError("--checkpoint " + options_.folder.string() + ": " + other +
                     "; --resume never starts anew");
  if (manifest.shards.size() < floats.size()) return damaged(name + " is malformed");
  Checkpoint checkpoint{manifest, {}};
  for (std::size_t i = 0; i < floats.size(); ++i) {
    ShardText shard = read_shard(folder_.path(), manifest.shards[i].name, key_, manifest.chunks,
                                 manifest.shards[i].sha256, floats[i]);
    if (!shard.problem.empty()) return damaged(shard.problem);
    checkpoint.state.push_back(std::move(shard.state));
  }
  return checkpoint;
}

std::optional<Checkpoint> CheckpointStore::find(const RunIdentity& given,
                                                const std::vector<std::size_t>& floats) {
  const std::string where = "--checkpoint " + options_.folder.string() + ": ";
  if (options_.resume == ResumeMode::kNever) return std::nullopt;
  const std::vector<std::uint64_t> numbers = folder_.manifests();
  std::optional<Checkpoint> found;
  for (const std::uint64_t number : numbers) {
    if (!found) {
      found = try_open(number, given, floats);
      if (found) kept_.push_back(found->manifest);
      continue;
    }
    OpenedManifest older = open_manifest(folder_.read_manifest(number), key_);
    if (older.problem.empty()) kept_.push_back(std::move(older.manifest));
  }
  if (!found && !numbers.empty())
    throw UsageError(where + "no checkpoint in it is good: " + notes_.front() +
                     "; --resume never starts anew");
  if (!found && options_.resume == ResumeMode::kMust)
    throw UsageError(where + "holds no checkpoint to resume from");
  std::set<std::string> needed;
  for (const Manifest& manifest : kept_) add_shards(manifest, needed);
  if (kept_.size() == numbers.size())
    folder_.remove_shards_but(needed);  // none is in use that we cannot know
  return found;
}

ShardName CheckpointStore::draw_name() {
  ShardName name;
  Csprng().fill(name);
  drawn_.push_back(name);
  return name;
}

void CheckpointStore::commit(Manifest manifest) {
  for (const ShardRecord& shard : manifest.shards) {
    std::error_code error;
    const std::filesystem::path file = folder_.path() / shard_file_name(shard.name);
    if (std::filesystem::file_size(file, error) != sealed_stream_bytes(manifest.chunks) || error)
      throw not_seen(options_.folder);
  }
  manifest.number = ++highest_;
  try {
    folder_.write_manifest(manifest.number, seal_manifest(manifest, key_));
  } catch (const FileError& error) {
    // It may be there all the same, and then needs its shards.
    if (!folder_.remove_manifest(manifest.number)) drawn_.clear();
    throw SaveError(error.what());
  }
  drawn_.clear();
  kept_.insert(kept_.begin(), std::move(manifest));
  try {
    remove_old();
  } catch (const std::filesystem::filesystem_error&) {
    // It is written; what is too old goes with the next one.
  }
}

void CheckpointStore::abandon() {
  for (const ShardName& name : drawn_) remove_file(folder_.path() / shard_file_name(name));
  drawn_.clear();
}

// A checkpoint goes with its manifest: only then are its shards no longer needed. What cannot go
// now goes with the next.
void CheckpointStore::remove_old() {
  if (kept_.size() > options_.keep) kept_.resize(options_.keep);
  std::set<std::uint64_t> numbers;
  std::set<std::string> needed;
  for (const Manifest& manifest : kept_) {
    numbers.insert(manifest.number);
    add_shards(manifest, needed);
  }
  for (const std::uint64_t number : folder_.manifests())
    if (!numbers.contains(number) && !folder_.remove_manifest(number)) return;
  folder_.remove_shards_but(needed);
}

}  // namespace mixnn
