#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace mixnn {

// What the ranks stand on: hosts with as many cores each, and links between them.
struct Machines {
  std::size_t hosts = 1;
  std::size_t cores = 1;             // of each host
  double bytes_per_second = 1.25e9;  // of each host's link to the others
  double latency = 20e-6;            // seconds
};

// Kinds of processor time.
enum class WorkKind : std::uint8_t { kCompute, kSealing, kHeaders, kTickets, kHandOver };
inline constexpr std::size_t kWorkKinds = 5;
using WorkSeconds = std::array<double, kWorkKinds>;
double sum(const WorkSeconds& work);
inline double& at(WorkSeconds& work, WorkKind kind) { return work[static_cast<std::size_t>(kind)]; }
WorkSeconds work_of(WorkKind kind, double seconds);  // of one kind alone

// A discrete-event simulation of processes that share cores. A rank does one task at a time and is not
// interrupted; where more ranks have work than cores are free, those go first whose task has waited longest.
// Pure: the same calls give the same times.
class RankSimulation {
 public:
  using Event = std::function<void()>;
  // Ranks are spread evenly over the hosts, in blocks.
  RankSimulation(std::size_t ranks, const Machines& machines);

  // Adds a task to a rank's queue; `done` is called at its end. Lower `priority` first, then the order in
  // which they were added.
  void add(std::size_t rank, int priority, const WorkSeconds& work, Event done);
  // Calls `arrived` once `bytes` are there: at once on one host, over the sender's link otherwise.
  void transfer(std::size_t from, std::size_t to, double bytes, const Event& arrived);
  void run();  // until nothing is left to do

  double now() const { return now_; }
  double busy(std::size_t rank) const { return ranks_[rank].busy; }
  const WorkSeconds& work() const { return work_; }

 private:
  struct Task {
    int priority;
    std::uint64_t order;
    double seconds;
    Event done;
  };
  struct Later {
    bool operator()(const Task& a, const Task& b) const {
      return a.priority != b.priority ? a.priority > b.priority : a.order > b.order;
    }
  };
  struct Rank {
    std::priority_queue<Task, std::vector<Task>, Later> queue;
    std::size_t host = 0;
    bool working = false;
    double busy = 0;
  };
  struct Host {
    std::size_t first_rank = 0, last_rank = 0, free_cores = 0;
    double link_free_at = 0;
  };
  struct Moment {
    double at;
    std::uint64_t order;
    std::size_t rank;  // whose task ends; ranks_.size(): a transfer's end
    Event event;
  };
  struct After {
    bool operator()(const Moment& a, const Moment& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };
  void dispatch(Host& host);
  void begin(std::size_t rank);

  Machines machines_;
  std::vector<Rank> ranks_;
  std::vector<Host> hosts_;
  std::priority_queue<Moment, std::vector<Moment>, After> moments_;
  double now_ = 0;
  std::uint64_t order_ = 0;
  WorkSeconds work_{};
};

}  // namespace mixnn
