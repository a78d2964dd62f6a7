#include "mixnn/checkpoint/store.hpp"

#include <algorithm>
#include <map>

#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"
#include "mixnn/checkpoint/shard.hpp"
#include "mixnn/crypto/random.hpp"

namespace mixnn {
namespace {

std::filesystem::path key_file(const CheckpointOptions& options) {
  return options.key.empty() ? CheckpointKey::default_file() : options.key;
}

CheckpointKey load_key(const CheckpointOptions& options, const CheckpointFolder& folder) {
  const bool may_make = options.resume == ResumeMode::kNever || folder.manifests().empty();
  return CheckpointKey::load(key_file(options), folder.path(), may_make);
}

std::string writer_of(const Manifest& manifest, std::size_t shard) {
  if (shard < manifest.stages)
    return "the stage host of stage " + std::to_string(manifest.own.first + shard + 1);
  return manifest.has_own_shard() && shard + 1 == manifest.shards.size() ? "the owner"
                                                                         : "a rank without a stage";
}

constexpr const char* kLeftAlone = "; it is left alone, with every shard that may be its";

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
    : options_(options),
      folder_(options.folder),
      key_(load_key(options, folder_)),
      records_(key_file(options).string() + ".runs", key_.record_key()),
      keys_(key_, records_),
      keeper_(key_, records_, folder_.path().string()) {}

void CheckpointStore::refuse(const std::string& why) const {
  throw UsageError("--checkpoint " + options_.folder.string() + ": " + why);
}

void CheckpointStore::note(const std::string& text) {
  if (!text.empty()) notes_.push_back(text);
}

CheckpointStore::Tried CheckpointStore::try_open(const Manifest& manifest, const RunIdentity& given,
                                                 const std::vector<std::size_t>& floats) {
  const std::string other = difference(manifest.identity, given);
  if (!other.empty()) refuse(other + "; --resume never starts anew");
  if (manifest.all_stages() != floats.size())
    return {{}, CheckpointFolder::manifest_name(manifest.number) + " is malformed"};
  const CheckpointKey key = *keys_.of(manifest.run, manifest.number).key;
  const auto read = [&](std::size_t i) {
    const Manifest::Content content = manifest.content(i, floats);
    return read_shard(folder_.path(), manifest.shards[i].name, key, content.chunks,
                      manifest.shards[i].sha256, content.floats);
  };
  ShardText own;
  if (manifest.has_own_shard()) own = read(manifest.shards.size() - 1);
  if (!own.problem.empty()) return {{}, own.problem};
  Checkpoint checkpoint{manifest, {}};
  std::size_t host = 0;
  auto of_owner = own.state.cbegin();
  for (std::size_t stage = 0; stage < floats.size(); ++stage) {
    if (stage < manifest.own.first || stage >= manifest.own.first + manifest.stages) {
      const auto end = of_owner + static_cast<std::ptrdiff_t>(floats[stage]);
      checkpoint.state.emplace_back(of_owner, end);
      of_owner = end;
      continue;
    }
    ShardText shard = read(host++);
    if (!shard.problem.empty()) return {{}, shard.problem};
    checkpoint.state.push_back(std::move(shard.state));
  }
  return {std::move(checkpoint), {}};
}

// What stands above it and cannot be used is said.
CheckpointStore::Found CheckpointStore::newest_good(const Inventory& inventory,
                                                    const RunIdentity& given,
                                                    const std::vector<std::size_t>& floats) {
  std::map<std::uint64_t, std::string, std::greater<>> damaged;
  for (const Inventory::Unknown& one : inventory.unknown)
    if (one.number) damaged[*one.number] = one.file + " " + one.problem;
  Found found;
  for (const Inventory::Known& one : inventory.known) {
    Tried tried = try_open(one.manifest, given, floats);
    if (tried.checkpoint) {
      found = {std::move(tried.checkpoint), one.sha256};
      break;
    }
    damaged[one.manifest.number] = tried.problem;
  }
  const auto text = [](const auto& one) {
    return "checkpoint " + std::to_string(one.first) + " cannot be used: " + one.second;
  };
  if (!found.checkpoint && !damaged.empty())
    refuse("no checkpoint in it is good: " + text(*damaged.begin()) +
           "; --resume never starts anew");
  if (!found.checkpoint && !inventory.empty())
    refuse("no checkpoint in it is good: " + inventory.unknown_text() +
           "; --resume never starts anew");
  for (const auto& one : damaged)
    if (one.first > found.checkpoint->manifest.number)
      note(text(one) + "; using an older one" + (inventory.knows(one.first) ? "" : kLeftAlone));
  return found;
}

// Against what the records say was written last: an older state may have been put back.
void CheckpointStore::check_newest(const Inventory& inventory, const Found& found,
                                   std::vector<RunRecord> records) {
  if (options_.resume == ResumeMode::kOlder) return;
  const std::string where = "--checkpoint " + options_.folder.string();
  if (!found.checkpoint) {
    for (const RunRecord& record : records)
      if (record.last > 0)
        note("warning: " + where + " held checkpoint " + std::to_string(record.last) +
             " when it was written last, and holds none now; the training begins anew. If you " +
             "removed them yourself, remove " + records_.file(record.run).string() + ", too");
    return;
  }
  const Manifest& newest = found.checkpoint->manifest;
  const std::string goes_on =
      "; --resume older goes on from checkpoint " + std::to_string(newest.number);
  if (from_ && from_->last == newest.number && from_->last_sha256 != found.sha256)
    refuse("checkpoint " + std::to_string(newest.number) +
           " is another one than was written last under this number" + goes_on);
  if (from_) records.push_back(*from_);
  for (const RunRecord& record : records)
    if (record.last > newest.number && !inventory.holds_file(record.last))
      refuse("checkpoint " + std::to_string(record.last) + " was written last (" +
             records_.file(record.run).string() + "), and is not there: an older state of the " +
             "folder has been put back" + goes_on);
}

// But for those above the one that was found: they are damaged, and that is said.
void CheckpointStore::note_what_is_left_alone(const Inventory& inventory, const Found& found) {
  const std::string files = found.checkpoint
                                ? inventory.unknown_text(found.checkpoint->manifest.number)
                                : inventory.unknown_text();
  if (!files.empty())
    note("--checkpoint " + options_.folder.string() + ": " + files + kLeftAlone +
         "; remove it by hand if it is not wanted");
}

std::optional<Checkpoint> CheckpointStore::find(const RunIdentity& given,
                                                const std::vector<std::size_t>& floats) {
  Inventory inventory = take_inventory(folder_, keys_);
  for (const Inventory::Known& one : inventory.known) {
    seen_.insert(one.manifest.run);
    highest_ = std::max(highest_, one.manifest.number);
    if (const auto& record = keys_.record(one.manifest.run))
      highest_ = std::max(highest_, record->last);
  }
  RunRecords::Listing listing = records_.of_folder(folder_.path());
  for (const RunRecord& record : listing.records) highest_ = std::max(highest_, record.last);
  for (const std::string& file : listing.unread)
    note(file + "; if it is of this --checkpoint, an older state that is put back is not noticed");
  Found found;
  if (options_.resume != ResumeMode::kNever) {
    found = newest_good(inventory, given, floats);
    const bool must = options_.resume == ResumeMode::kMust || options_.resume == ResumeMode::kOlder;
    if (!found.checkpoint && must) refuse("holds no checkpoint to resume from");
    if (found.checkpoint) from_ = keys_.record(found.checkpoint->manifest.run);
    check_newest(inventory, found, std::move(listing.records));
  }
  note_what_is_left_alone(inventory, found);
  if (inventory.unknown.empty()) folder_.remove_shards_but(inventory.shards());
  for (Inventory::Known& one : inventory.known) {
    const bool serves =
        found.checkpoint && one.manifest.number <= found.checkpoint->manifest.number;
    (serves ? kept_ : old_).push_back(std::move(one.manifest));
  }
  return std::move(found.checkpoint);
}

void CheckpointStore::open_record() { note(keeper_.open(from_, highest_ + 1, seen_)); }

void CheckpointStore::begin() {
  drawn_.clear();
  next_ = highest_ + 1;
  while (folder_.holds(CheckpointFolder::manifest_name(next_))) ++next_;
  key_of_next_ = keeper_.key_of(next_);
}

ShardName CheckpointStore::draw_name() {
  ShardName name;
  Csprng().fill(name);
  drawn_.push_back(name);
  return name;
}

// A host may report what it likes. Shards behind those of the stages hold nothing.
void CheckpointStore::check_shards(const Manifest& manifest,
                                   const std::vector<std::size_t>& floats) const {
  MIXNN_CHECK(manifest.all_stages() == floats.size() &&
                  manifest.stages + (manifest.has_own_shard() ? 1 : 0) <= manifest.shards.size(),
              "a shard for each stage");
  for (std::size_t i = 0; i < manifest.shards.size(); ++i) {
    const ShardRecord& shard = manifest.shards[i];
    if (!folder_.holds(shard_file_name(shard.name))) throw not_seen(options_.folder);
    const Manifest::Content content = manifest.content(i, floats);
    const std::string problem = check_shard(folder_.path(), shard.name, *key_of_next_,
                                            content.chunks, shard.sha256, content.floats);
    if (problem.empty()) continue;
    throw SaveError("--checkpoint " + options_.folder.string() + ": " + writer_of(manifest, i) +
                    " says that its shard is written, but " + problem);
  }
}

void CheckpointStore::commit(Manifest manifest, const std::vector<std::size_t>& floats) {
  check_shards(manifest, floats);
  manifest.run = keeper_.run();
  manifest.number = next_;
  const std::vector<std::byte> file = seal_manifest(manifest, *key_of_next_);
  try {
    folder_.write_manifest(manifest.number, file);
  } catch (const FileError& error) {
    if (!folder_.remove(CheckpointFolder::manifest_name(next_))) {
      // It may be there all the same, and then needs its shards.
      highest_ = next_;
      drawn_.clear();
      old_.push_back(std::move(manifest));
    }
    throw SaveError(error.what());
  }
  highest_ = next_;
  drawn_.clear();
  seen_.insert(manifest.run);
  kept_.insert(kept_.begin(), std::move(manifest));
  remove_old();
  keep_record(sha256({file}));
}

void CheckpointStore::abandon() {
  for (const ShardName& name : drawn_) folder_.remove(shard_file_name(name));
  drawn_.clear();
}

// A checkpoint goes with its manifest: only then are its shards no longer needed. What cannot go
// now goes with the next.
void CheckpointStore::remove_old() {
  if (kept_.size() > options_.keep) {
    const auto first = kept_.begin() + static_cast<std::ptrdiff_t>(options_.keep);
    std::move(first, kept_.end(), std::back_inserter(old_));
    kept_.erase(first, kept_.end());
  }
  std::erase_if(old_, [this](const Manifest& manifest) {
    if (!folder_.remove(CheckpointFolder::manifest_name(manifest.number))) return false;
    bool gone = true;
    for (const ShardRecord& shard : manifest.shards)
      gone = folder_.remove(shard_file_name(shard.name)) && gone;
    return gone;
  });
}

// What opens checkpoints goes after them: if it went first, a crash would leave files that nobody
// can open.
void CheckpointStore::keep_record(const Digest& sha256) {
  std::uint64_t oldest = highest_;
  std::set<RunId> here;
  for (const std::vector<Manifest>* list : {&kept_, &old_})
    for (const Manifest& manifest : *list) {
      here.insert(manifest.run);
      if (manifest.run == keeper_.run()) oldest = std::min(oldest, manifest.number);
    }
  note(keeper_.keep(highest_, sha256, oldest));
  note(keeper_.settle_others(here, seen_));
  seen_ = std::move(here);
}

}  // namespace mixnn
