#include "mixnn/forecast/rank_simulation.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "mixnn/base/check.hpp"

namespace mixnn {

namespace {

// A helper's part: waking up, and fetching what lies in the caches of the rank's core. Fitted to
// measured runs.
double helper_seconds(double part_s) { return 5e-6 + 1.2 * part_s; }

}  // namespace

double sum(const WorkSeconds& work) { return std::accumulate(work.begin(), work.end(), 0.0); }

WorkSeconds seconds_of_kind(WorkKind kind, double seconds) {
  WorkSeconds work{};
  at(work, kind) = seconds;
  return work;
}

RankSimulation::RankSimulation(std::size_t ranks, const Machines& machines)
    : machines_(machines), ranks_(ranks), hosts_(machines.hosts) {
  MIXNN_CHECK(machines.cores >= 1, "ranks need a host with a core");
  std::vector<std::vector<std::size_t>> there = machines.ranks_by_host(ranks);
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    hosts_[h].free_cores = machines.cores;
    hosts_[h].helpers = machines.helpers_of(there[h].size());
    for (const std::size_t r : there[h]) ranks_[r].host = h;
    hosts_[h].ranks = std::move(there[h]);
  }
}

void RankSimulation::add(std::size_t rank, int priority, const WorkSeconds& work, Event done,
                         std::size_t parts) {
  MIXNN_CHECK(parts >= 1, "a task has a part");
  for (std::size_t kind = 0; kind < kWorkKinds; ++kind) work_[kind] += work[kind];
  ranks_[rank].queue.push({priority, order_++, sum(work), std::move(done), parts});
}

void RankSimulation::transfer(std::size_t from, std::size_t to, double bytes,
                              const Event& arrived) {
  if (ranks_[from].host == ranks_[to].host) return arrived();
  Host& host = hosts_[ranks_[from].host];
  const double taken = bytes / machines_.bytes_per_second;
  host.link_busy += taken;
  link_bytes_ += bytes;
  host.link_free_at = std::max(host.link_free_at, now_) + taken;
  const double alone = std::max(0.0, bytes * machines_.lone_byte - taken);
  moments_.push(
      {host.link_free_at + machines_.latency + alone, order_++, ranks_.size(), false, arrived});
}

double RankSimulation::busiest_link() const {
  return std::ranges::max(hosts_, {}, &Host::link_busy).link_busy;
}

void RankSimulation::run() {
  for (;;) {
    for (Host& host : hosts_) dispatch(host);
    if (moments_.empty()) return;
    const Moment moment = moments_.top();
    moments_.pop();
    now_ = moment.at;
    if (moment.rank < ranks_.size())
      end_part(moment.rank, moment.helper);
    else
      moment.event();
  }
}

void RankSimulation::dispatch(Host& host) {
  const std::size_t nobody = ranks_.size();
  while (host.free_cores > 0) {
    std::size_t next = nobody;
    for (const std::size_t r : host.ranks) {
      if (ranks_[r].working || ranks_[r].queue.empty()) continue;
      if (next == nobody || ranks_[r].queue.top().order < ranks_[next].queue.top().order) next = r;
    }
    if (next == nobody) break;
    --host.free_cores;
    begin(next);
  }
  dispatch_helpers(host);
}

void RankSimulation::dispatch_helpers(Host& host) {
  for (const std::size_t r : host.ranks)
    while (host.free_cores > 0 && ranks_[r].working && ranks_[r].parts_left > 0 &&
           ranks_[r].helpers < host.helpers) {
      --host.free_cores;
      begin_part(r, true);
    }
}

void RankSimulation::begin(std::size_t rank) {
  Rank& r = ranks_[rank];
  const Task& task = r.queue.top();
  r.working = true;
  r.began = now_;
  r.seconds = task.seconds;
  r.parts = r.parts_left = task.parts;
  r.own_parts = 0;
  r.done = task.done;
  r.queue.pop();
  begin_part(rank, false);
}

void RankSimulation::begin_part(std::size_t rank, bool helper) {
  Rank& r = ranks_[rank];
  --r.parts_left;
  const double part_s = r.seconds / static_cast<double>(r.parts);
  if (helper) {
    ++r.helpers;
    moments_.push({now_ + helper_seconds(part_s), order_++, rank, true, {}});
  } else {
    r.own_part = true;
    r.busy += part_s;
    ++r.own_parts;  // they follow each other, and all of them take exactly the task's time
    const double share = static_cast<double>(r.own_parts) / static_cast<double>(r.parts);
    moments_.push({r.began + r.seconds * share, order_++, rank, false, {}});
  }
}

// A helper's core is free after each part; the rank keeps its own until the last part of all has
// ended.
void RankSimulation::end_part(std::size_t rank, bool helper) {
  Rank& r = ranks_[rank];
  if (helper) {
    --r.helpers;
    ++hosts_[r.host].free_cores;
  } else {
    r.own_part = false;
    if (r.parts_left > 0) begin_part(rank, false);
  }
  if (r.own_part || r.helpers > 0 || r.parts_left > 0) return;
  r.working = false;
  ++hosts_[r.host].free_cores;
  std::exchange(r.done, nullptr)();
}

}  // namespace mixnn
