#pragma once
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "mixnn/checkpoint/key.hpp"

namespace mixnn {

// The shared folder of a run's checkpoints, held by one job at a time. In it are
//   lock                          who holds it; locked (flock) while that process lives
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
  ~CheckpointFolder();
  CheckpointFolder(const CheckpointFolder&) = delete;
  CheckpointFolder& operator=(const CheckpointFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }        // absolute
  std::vector<std::uint64_t> manifests() const;                      // their numbers, newest first
  std::vector<std::byte> read_manifest(std::uint64_t number) const;  // empty if it cannot be read
  void write_manifest(std::uint64_t number, ConstBytes bytes) const;
  void remove_manifest(std::uint64_t number) const;
  // All shards but these, and unfinished files.
  void remove_shards_but(const std::set<std::string>& names) const;
  static std::string manifest_name(std::uint64_t number);

  static constexpr std::size_t kMaxPath = 1024;  // hosts are told it in one cell

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace mixnn
