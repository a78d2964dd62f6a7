#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mixnn/checkpoint/folder_lock.hpp"
#include "mixnn/checkpoint/key.hpp"

namespace mixnn {

// The shared folder of a run's checkpoints, held by one job at a time. In it are
//   lock, lock.held               who holds it (folder_lock.hpp)
//   checkpoint-<number>.manifest  the owner's, sealed
//   <32 hex digits>.shard         the hosts', sealed
// and what of these is still being written, under the same name with six more characters. Anything
// else in it is left alone.
class CheckpointFolder {
 public:
  // Makes the folder (0700) if there is none, and locks it. Throws UsageError that names
  // --checkpoint if it cannot, if others can write to it or own it, or if another job
  // holds it.
  explicit CheckpointFolder(const std::filesystem::path& folder);
  // To read what is there, while a job may hold it: it is neither made nor locked, and must not be
  // written to.
  struct ToRead {};
  CheckpointFolder(const std::filesystem::path& folder, ToRead);

  const std::filesystem::path& path() const { return path_; }  // absolute
  const std::string& lacks() const { return lock_->lacks(); }  // what its file system lacks

  // All that is named like a manifest, or almost so: then it has no number. By number.
  struct ManifestFile {
    std::string name;
    std::optional<std::uint64_t> number;
  };
  std::vector<ManifestFile> manifests() const;
  struct ManifestBytes {
    std::vector<std::byte> bytes;
    std::string problem;  // empty: none
  };
  ManifestBytes read_manifest(const std::string& name) const;
  // Throws RunError if it cannot, or if another job has taken the folder over.
  void write_manifest(std::uint64_t number, ConstBytes bytes) const;
  bool remove(const std::string& name) const;  // whether it is gone
  // All shards but these, and unfinished files.
  void remove_shards_but(const std::set<std::string>& names) const;
  static std::string manifest_name(std::uint64_t number);
  bool holds(const std::string& name) const;

  static constexpr std::size_t kMaxPath = 1024;  // hosts are told it in one cell

 private:
  std::filesystem::path path_;
  std::optional<FolderLock> lock_;  // none: to read
};

}  // namespace mixnn
