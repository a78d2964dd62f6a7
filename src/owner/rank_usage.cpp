#include "mixnn/owner/rank_usage.hpp"

#include <algorithm>

namespace mixnn {
namespace {

constexpr auto kWaiting = static_cast<std::size_t>(Activity::kWait);
constexpr double kNano = 1e-9;

void add(ActivitySeconds& sum, const ActivitySeconds& more) {
  for (std::size_t i = 0; i < kActivities; ++i) sum[i] += more[i];
}

}  // namespace

std::string to_string(RankUsage::Role role) {
  return role == RankUsage::Role::kOwner  ? "owner"
         : role == RankUsage::Role::kHost ? "stage host"
                                          : "relay";
}

ActivitySeconds EpochUsage::cpu_by_activity() const {
  ActivitySeconds cpu = wall_s;
  cpu[kWaiting] = 0;
  double busy = 0;
  for (const double s : cpu) busy += s;
  if (busy > cpu_s)
    for (double& s : cpu) s *= cpu_s / busy;
  else
    cpu[kWaiting] = cpu_s - busy;
  return cpu;
}

ActivitySeconds RankUsage::wall_s() const {
  ActivitySeconds sum{};
  for (const EpochUsage& epoch : epochs) add(sum, epoch.wall_s);
  return sum;
}

double RankUsage::cpu_s() const {
  double sum = 0;
  for (const EpochUsage& epoch : epochs) sum += epoch.cpu_s;
  return sum;
}

UsageLedger::UsageLedger(const Plan& plan, std::size_t ranks) : ranks_(ranks) {
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    ranks_[rank].rank = static_cast<std::uint32_t>(rank);
    ranks_[rank].role = rank == 0 ? RankUsage::Role::kOwner : RankUsage::Role::kRelay;
  }
  for (std::size_t stage = 0; stage < plan.stages; ++stage) {
    ranks_[plan.places[stage]].role = RankUsage::Role::kHost;
    ranks_[plan.places[stage]].stage = plan.before + stage;
  }
}

void UsageLedger::epoch_ends(const std::vector<Usage>& now) {
  MIXNN_CHECK(before_.size() == ranks_.size() && now.size() == ranks_.size(),
              "a report of every rank");
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
    EpochUsage epoch;
    for (std::size_t i = 0; i < kActivities; ++i)
      epoch.wall_s[i] =
          kNano * static_cast<double>(now[rank].wall[i] -
                                      std::min(now[rank].wall[i], before_[rank].wall[i]));
    epoch.cpu_s =
        kNano * static_cast<double>(now[rank].cpu - std::min(now[rank].cpu, before_[rank].cpu));
    epoch.resident = now[rank].resident;
    ranks_[rank].epochs.push_back(epoch);
  }
}

std::vector<RankUsage> UsageLedger::close(const std::vector<Usage>& now) {
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) ranks_[rank].last = now[rank];
  return ranks_;
}

double useful_seconds(const ActivitySeconds& seconds) {
  double sum = 0;
  for (const Activity activity :
       {Activity::kCompute, Activity::kSeal, Activity::kOpen, Activity::kTicket})
    sum += seconds[static_cast<std::size_t>(activity)];
  return sum;
}

}  // namespace mixnn
