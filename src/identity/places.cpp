#include "mixnn/identity/places.hpp"

#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace mixnn {
namespace {

namespace fs = std::filesystem;

fs::path place(const std::string& name) {
  const char* const config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && config[0] == '/') return fs::path(config) / "mixnn" / name;
  const char* const home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') return {};
  return fs::path(home) / ".config" / "mixnn" / name;
}

// NFS, SMB, CIFS, Lustre, GPFS, Ceph, BeeGFS.
constexpr std::array<std::uint32_t, 7> kNetworkFileSystems{
    0x6969, 0xfe534d42, 0xff534d42, 0x0bd00bd0, 0x47504653, 0x00c36400, 0x19830326};

bool on_network(const fs::path& folder) {
  struct statfs status {};
  if (::statfs(folder.c_str(), &status) != 0) return false;
  return std::ranges::find(kNetworkFileSystems, static_cast<std::uint32_t>(status.f_type)) !=
         kNetworkFileSystems.end();
}

std::string key_of_another(const fs::path& file) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(file.parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("identity.") && name != file.filename().string() &&
        name != "identity." + host_name())
      return name;
  }
  return {};
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  std::string text(name.data());
  std::ranges::replace(text, '/', '_');
  return text.empty() ? "localhost" : text;
}

fs::path machine_key_place() { return place("identity." + host_name()); }
fs::path known_owners_place() { return place("owners." + host_name()); }
fs::path roster_place() { return place("roster"); }

std::string shared_folder_warning(const fs::path& file) {
  const std::string other = key_of_another(file);
  const fs::path folder = file.parent_path();
  if (other.empty() && !on_network(folder)) return {};
  return folder.string() + " is shared by several hosts" +
         (other.empty() ? "" : " (" + other + " is there, too)") +
         ": each of them can read the keys of all; set XDG_CONFIG_HOME to a folder of this host "
         "alone";
}

}  // namespace mixnn
