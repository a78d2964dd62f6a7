#include "mixnn/machine/core_quota.hpp"

#include <sys/stat.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mixnn {
namespace {

namespace fs = std::filesystem;

// A mounted tree of control groups that counts processors' time.
struct Hierarchy {
  bool second = false;  // version 2
  fs::path top;         // the group that is mounted
  fs::path at;          // where
};

bool has_word(const std::string& list, const std::string& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

// Of proc/self/mountinfo: ID PARENT DEVICE TOP AT OPTIONS... - TYPE SOURCE OPTIONS
std::vector<Hierarchy> hierarchies(const fs::path& root) {
  std::vector<Hierarchy> found;
  std::ifstream file(root / "proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream mount(line), kind(line.substr(dash + 3));
    std::string skipped, top, at, type, options;
    mount >> skipped >> skipped >> skipped >> top >> at;
    kind >> type >> skipped >> options;
    if (type == "cgroup2" || (type == "cgroup" && has_word(options, "cpu")))
      found.push_back({type == "cgroup2", top, at});
  }
  return found;
}

// This process's group. Of proc/self/cgroup: NUMBER:CONTROLLERS:GROUP; version 2 has no
// controllers.
fs::path group_in(const Hierarchy& hierarchy, const fs::path& root) {
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (hierarchy.second ? controllers.empty() : has_word(controllers, "cpu"))
      return line.substr(second + 1);
  }
  return "/";
}

// Of one group; 0: none.
double quota_of(const fs::path& group, bool second) {
  double quota = 0, period = 0;
  if (second)
    std::ifstream(group / "cpu.max") >> quota >> period;  // "max" is no number
  else if (std::ifstream(group / "cpu.cfs_quota_us") >> quota)
    std::ifstream(group / "cpu.cfs_period_us") >> period;
  return quota > 0 && period > 0 ? quota / period : 0;
}

std::uint64_t number_of(const fs::path& group) {
  struct stat known {};
  return ::stat(group.c_str(), &known) == 0 ? known.st_ino : 0;
}

}  // namespace

std::optional<CoreQuota> core_quota(const fs::path& root) {
  std::optional<CoreQuota> least;
  double cores = HUGE_VAL;
  for (const Hierarchy& hierarchy : hierarchies(root)) {
    const fs::path at = root / hierarchy.at.relative_path();
    fs::path below = group_in(hierarchy, root).lexically_relative(hierarchy.top);
    if (below.empty() || *below.begin() == "..") below = ".";  // seen from another namespace
    for (fs::path group = (at / below).lexically_normal();; group = group.parent_path()) {
      if (group.filename().empty()) group = group.parent_path();
      const double quota = quota_of(group, hierarchy.second);
      if (quota > 0 && quota < cores) {
        cores = quota;
        least = CoreQuota{static_cast<int>(std::ceil(quota)), number_of(group)};
      }
      if (group == at.lexically_normal() || !group.has_relative_path()) break;
    }
  }
  return least;
}

}  // namespace mixnn
