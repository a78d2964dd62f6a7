#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "mixnn/audit/observation.hpp"
#include "mixnn/audit/wire_log.hpp"
#include "mixnn/audit/wire_truth.hpp"

namespace mixnn {

// The logs of all ranks of one run, on the owner's clock.
struct MergedLog {
  WireTruth truth;
  std::vector<WireLog> ranks;  // by rank; times are on the owner's clock
};

// Throw UsageError, in one clear text, where a file is missing, malformed or of another run.
MergedLog merge_logs(WireTruth truth, std::vector<WireLog> ranks);
MergedLog read_run(const std::filesystem::path& folder);

// The folders of runs: `folder` itself if it is one's, else those in it, by name. Throws UsageError
// if there is none.
std::vector<std::filesystem::path> run_folders(const std::filesystem::path& folder);

AuditedRun audited_run(const MergedLog& log);

}  // namespace mixnn
