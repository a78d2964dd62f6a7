#include "mixnn/checkpoint/folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "mixnn/base/check.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
#include "mixnn/base/private_file.hpp"
#include "mixnn/base/regular_file.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_folder(const fs::path& folder, const std::string& why) {
  throw UsageError("--checkpoint " + folder.string() + ": " + why);
}

constexpr std::string_view kManifestStart = "checkpoint-", kManifestEnd = ".manifest",
                           kShardEnd = ".shard";

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<std::uint64_t> manifest_number(std::string_view name) {
  constexpr std::size_t kMostDigits = 18;
  if (!name.starts_with(kManifestStart) || !name.ends_with(kManifestEnd)) return std::nullopt;
  name.remove_prefix(kManifestStart.size());
  name.remove_suffix(std::min(kManifestEnd.size(), name.size()));
  if (name.empty() || name.size() > kMostDigits || !all_of(name, "0123456789")) return std::nullopt;
  return std::stoull(std::string(name));
}

bool is_shard(std::string_view name) {
  constexpr std::size_t kDigits = 32;
  return name.size() == kDigits + kShardEnd.size() && name.ends_with(kShardEnd) &&
         all_of(name.substr(0, kDigits), "0123456789abcdef");
}

// What PrivateFile writes before it renames: the name, a dot and six characters.
bool is_unfinished(std::string_view name) {
  constexpr std::size_t kAdded = 7;
  if (name.size() <= kAdded || name[name.size() - kAdded] != '.') return false;
  name.remove_suffix(kAdded);
  return is_shard(name) || manifest_number(name).has_value();
}

void make_and_check(const fs::path& folder) {
  make_folders(folder.parent_path(), 0777);
  if (const int error = make_folders(folder, 0700))
    refuse_folder(folder, "cannot be made: " + system_reason(error));
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    refuse_folder(folder, "is no folder");
  if (status.st_uid != ::geteuid() && ::geteuid() != 0)
    refuse_folder(folder, "belongs to another user");
  if ((status.st_mode & 022) != 0)
    refuse_folder(folder, "others can write to it; give a folder of its own, or chmod 700 it");
}

fs::path folder_of(const fs::path& folder) {
  make_and_check(folder);
  const fs::path path = fs::canonical(folder);
  if (path.string().size() > CheckpointFolder::kMaxPath)
    refuse_folder(
        folder, "its path is longer than " + std::to_string(CheckpointFolder::kMaxPath) + " bytes");
  return path;
}

fs::path folder_to_read(const fs::path& folder) {
  std::error_code error;
  const fs::path path = fs::canonical(folder, error);
  if (error == std::errc::no_such_file_or_directory)
    refuse_folder(folder, "there is no such folder");
  if (error) refuse_folder(folder, "cannot be read: " + error.message());
  if (!fs::is_directory(path, error)) refuse_folder(folder, "is no folder");
  const fs::directory_iterator readable(path, error);
  if (error) refuse_folder(folder, "cannot be read: " + error.message());
  return path;
}

}  // namespace

CheckpointFolder::CheckpointFolder(const fs::path& folder) : path_(folder_of(folder)) {
  lock_.emplace(path_, "--checkpoint " + folder.string());
}

CheckpointFolder::CheckpointFolder(const fs::path& folder, ToRead)
    : path_(folder_to_read(folder)) {}

std::string CheckpointFolder::manifest_name(std::uint64_t number) {
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "checkpoint-%08llu.manifest",
                static_cast<unsigned long long>(number));
  return name.data();
}

std::vector<CheckpointFolder::ManifestFile> CheckpointFolder::manifests() const {
  std::vector<ManifestFile> files;
  for (const auto& entry : fs::directory_iterator(path_)) {
    ManifestFile file{entry.path().filename().string(), {}};
    if (!file.name.starts_with(kManifestStart) && !file.name.ends_with(kManifestEnd)) continue;
    if (is_unfinished(file.name)) continue;
    file.number = manifest_number(file.name);
    if (file.number && manifest_name(*file.number) != file.name) file.number.reset();
    files.push_back(std::move(file));
  }
  std::ranges::sort(files, {}, [](const ManifestFile& file) {
    return std::pair(file.number.value_or(0), file.name);
  });
  return files;
}

CheckpointFolder::ManifestBytes CheckpointFolder::read_manifest(const std::string& name) const {
  constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20;
  RegularFile in(path_ / name);
  ManifestBytes file{{}, in.problem()};
  if (in.size() > kMostBytes) file.problem = "is larger than any manifest";
  if (!file.problem.empty()) return file;
  file.bytes.resize(in.size());
  if (!in.read(file.bytes)) file.problem = "cannot be read";
  return file;
}

void CheckpointFolder::write_manifest(std::uint64_t number, ConstBytes bytes) const {
  MIXNN_CHECK(lock_, "a folder to read");
  lock_->check();
  PrivateFile file(path_ / manifest_name(number));
  file.write(bytes);
  file.commit();
}

bool CheckpointFolder::remove(const std::string& name) const {
  return remove_file(path_ / name) == 0;
}

bool CheckpointFolder::holds(const std::string& name) const {
  std::error_code error;
  return fs::exists(fs::symlink_status(path_ / name, error));
}

void CheckpointFolder::remove_shards_but(const std::set<std::string>& names) const {
  std::error_code error;
  std::vector<fs::path> gone;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename().string();
    if (is_unfinished(name) || (is_shard(name) && !names.contains(name)))
      gone.push_back(entry.path());
  }
  for (const fs::path& file : gone) remove_file(file);
}

}  // namespace mixnn
