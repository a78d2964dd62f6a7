#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mixnn/session/plan.hpp"
#include "mixnn/wire/usage.hpp"

namespace mixnn {

using ActivitySeconds = std::array<double, kActivities>;

// What one rank used in one epoch of training: from before its first message until all has ended.
struct EpochUsage {
  ActivitySeconds wall_s{};
  double cpu_s = 0;
  std::uint64_t resident = 0;  // peak so far, bytes

  // The CPU seconds by activity. Wall time beyond what the process was given on a core (it had to
  // share one) is taken off all activities alike; CPU time beyond the activities is that of looking
  // for work.
  ActivitySeconds cpu_by_activity() const;
};

// One rank, as the owner knows it: role and stage are the owner's secret.
struct RankUsage {
  enum class Role { kOwner, kHost, kRelay };
  std::uint32_t rank = 0;
  Role role{};
  std::size_t stage = 0;  // of a host, from 0
  std::vector<EpochUsage> epochs;
  Usage last;  // at the end of the run

  ActivitySeconds wall_s() const;  // of all epochs
  double cpu_s() const;
};
std::string to_string(RankUsage::Role role);  // "owner", "stage host", "relay"

// Keeps what the ranks report around each epoch of training, so that tests, pauses and the start do
// not count.
class UsageLedger {
 public:
  UsageLedger() = default;
  UsageLedger(const Plan& plan, std::size_t ranks);

  // `now`: by rank.
  void epoch_begins(std::vector<Usage> now) { before_ = std::move(now); }
  void epoch_ends(const std::vector<Usage>& now);
  std::vector<RankUsage> close(const std::vector<Usage>& now);
  const std::vector<RankUsage>& ranks() const { return ranks_; }

 private:
  std::vector<RankUsage> ranks_;
  std::vector<Usage> before_;
};

// What no scheduling can save: matrix products, sealing, opening and header work.
double useful_seconds(const ActivitySeconds& seconds);

}  // namespace mixnn
