#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

namespace mixnn {

// How many cores' time the control groups that this process is in may take, all together.
struct CoreQuota {
  int cores = 1;            // rounded up
  std::uint64_t group = 0;  // the same for all processes that share it
};

// The smallest quota of this process's control group (version 1 or 2) and of those around it; none
// if there is no quota. `root`: in whose proc and sys it is looked for.
std::optional<CoreQuota> core_quota(const std::filesystem::path& root = "/");

}  // namespace mixnn
