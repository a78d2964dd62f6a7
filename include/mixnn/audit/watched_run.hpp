#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "mixnn/audit/observers.hpp"

namespace mixnn {

inline constexpr std::uint64_t kAllSteps = ~std::uint64_t{0};

// Who looks at runs, and for how long.
struct AuditRequest {
  std::vector<Observer> observers;
  std::vector<std::uint64_t> steps;  // rising; kAllSteps may be the last
};

inline constexpr Evidence kEvidences[] = {Evidence::kNoTimes, Evidence::kTimes, Evidence::kAll};

// What all these observers saw of one run.
struct WatchedRun {
  AuditedRun run;
  std::uint32_t ranks = 0, batch = 0, micro_batches = 0, hops = 0;
  // By observer, number of steps and kind of evidence, the last one fastest. Nothing: the run has
  // no such observer, or not so many steps.
  std::vector<std::optional<Sight>> sights;
};

// The run in a folder. Throws UsageError if that is none, or one that cannot be audited.
WatchedRun watch(const std::filesystem::path& folder, const AuditRequest& request);

}  // namespace mixnn
