#include "mixnn/role/rank_simulation.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "mixnn/base/check.hpp"

namespace mixnn {

double sum(const WorkSeconds& work) { return std::accumulate(work.begin(), work.end(), 0.0); }

WorkSeconds work_of(WorkKind kind, double seconds) {
  WorkSeconds work{};
  at(work, kind) = seconds;
  return work;
}

RankSimulation::RankSimulation(std::size_t ranks, const Machines& machines)
    : machines_(machines), ranks_(ranks), hosts_(machines.hosts) {
  MIXNN_CHECK(machines.hosts >= 1 && machines.cores >= 1, "ranks need a host with a core");
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    hosts_[h].first_rank = h * ranks / hosts_.size();
    hosts_[h].last_rank = (h + 1) * ranks / hosts_.size();
    hosts_[h].free_cores = machines.cores;
    for (std::size_t r = hosts_[h].first_rank; r < hosts_[h].last_rank; ++r) ranks_[r].host = h;
  }
}

void RankSimulation::add(std::size_t rank, int priority, const WorkSeconds& work, Event done) {
  for (std::size_t kind = 0; kind < kWorkKinds; ++kind) work_[kind] += work[kind];
  ranks_[rank].queue.push({priority, order_++, sum(work), std::move(done)});
}

void RankSimulation::transfer(std::size_t from, std::size_t to, double bytes, const Event& arrived) {
  if (ranks_[from].host == ranks_[to].host) return arrived();
  double& free_at = hosts_[ranks_[from].host].link_free_at;
  free_at = std::max(free_at, now_) + bytes / machines_.bytes_per_second;
  moments_.push({free_at + machines_.latency, order_++, ranks_.size(), arrived});
}

void RankSimulation::run() {
  for (;;) {
    for (Host& host : hosts_) dispatch(host);
    if (moments_.empty()) return;
    const Moment moment = moments_.top();
    moments_.pop();
    now_ = moment.at;
    if (moment.rank < ranks_.size()) {
      ranks_[moment.rank].working = false;
      ++hosts_[ranks_[moment.rank].host].free_cores;
    }
    moment.event();
  }
}

void RankSimulation::dispatch(Host& host) {
  while (host.free_cores > 0) {
    std::size_t next = host.last_rank;
    for (std::size_t r = host.first_rank; r < host.last_rank; ++r) {
      if (ranks_[r].working || ranks_[r].queue.empty()) continue;
      if (next == host.last_rank || ranks_[r].queue.top().order < ranks_[next].queue.top().order) next = r;
    }
    if (next == host.last_rank) return;
    --host.free_cores;
    begin(next);
  }
}

void RankSimulation::begin(std::size_t rank) {
  Rank& r = ranks_[rank];
  const Task& task = r.queue.top();
  r.working = true;
  r.busy += task.seconds;
  moments_.push({now_ + task.seconds, order_++, rank, task.done});
  r.queue.pop();
}

}  // namespace mixnn
