#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "mixnn/forecast/machines.hpp"

namespace mixnn {

// Kinds of processor time.
enum class WorkKind : std::uint8_t { kCompute, kSealing, kHeaders, kTickets, kHandOver };
inline constexpr std::size_t kWorkKinds = 5;
using WorkSeconds = std::array<double, kWorkKinds>;
double sum(const WorkSeconds& work);
inline double& at(WorkSeconds& work, WorkKind kind) { return work[static_cast<std::size_t>(kind)]; }
WorkSeconds seconds_of_kind(WorkKind kind, double seconds);  // of one kind alone

// A discrete-event simulation of processes that share cores. A rank does one task at a time and is
// not interrupted; where more ranks have work than cores are free, those go first whose task has
// waited longest. Of a task in parts, cores that no rank needs take some, as a crew's helpers do;
// between two of them ranks go first. Pure: the same calls give the same times.
class RankSimulation {
 public:
  using Event = std::function<void()>;
  RankSimulation(std::size_t ranks, const Machines& machines);

  // Adds a task to a rank's queue, of so many equal parts; `done` is called at its end. Lower
  // `priority` first, then the order in which they were added.
  void add(std::size_t rank, int priority, const WorkSeconds& work, Event done,
           std::size_t parts = 1);
  // Calls `arrived` once `bytes` are there: at once on one host, over the sender's link otherwise.
  void transfer(std::size_t from, std::size_t to, double bytes, const Event& arrived);
  void run();  // until nothing is left to do

  double now() const { return now_; }
  double busy(std::size_t rank) const { return ranks_[rank].busy; }
  double busiest_link() const;                       // seconds, of all hosts'
  double link_bytes() const { return link_bytes_; }  // between all hosts
  std::size_t hosts() const { return hosts_.size(); }
  const std::vector<std::size_t>& ranks_of(std::size_t host) const { return hosts_[host].ranks; }
  const WorkSeconds& work() const { return work_; }

 private:
  struct Task {
    int priority;
    std::uint64_t order;
    double seconds;
    Event done;
    std::size_t parts;
  };
  struct Later {
    bool operator()(const Task& a, const Task& b) const {
      return a.priority != b.priority ? a.priority > b.priority : a.order > b.order;
    }
  };
  struct Rank {
    std::priority_queue<Task, std::vector<Task>, Later> queue;
    std::size_t host = 0;
    double busy = 0;
    // The task under way.
    bool working = false;
    double began = 0, seconds = 0;
    std::size_t parts = 0, parts_left = 0, own_parts = 0, helpers = 0;
    bool own_part = false;  // is under way
    Event done;
  };
  struct Host {
    std::vector<std::size_t> ranks;
    std::size_t free_cores = 0;
    std::size_t helpers = 0;  // of each of its ranks, at most
    double link_free_at = 0, link_busy = 0;
  };
  struct Moment {
    double at;
    std::uint64_t order;
    std::size_t rank;  // whose part ends; ranks_.size(): a transfer's end
    bool helper;       // it was a helper's
    Event event;       // of a transfer
  };
  struct After {
    bool operator()(const Moment& a, const Moment& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };
  void dispatch(Host& host);
  void dispatch_helpers(Host& host);
  void begin(std::size_t rank);
  void begin_part(std::size_t rank, bool helper);
  void end_part(std::size_t rank, bool helper);

  Machines machines_;
  std::vector<Rank> ranks_;
  std::vector<Host> hosts_;
  std::priority_queue<Moment, std::vector<Moment>, After> moments_;
  double now_ = 0;
  std::uint64_t order_ = 0;
  double link_bytes_ = 0;
  WorkSeconds work_{};
};

}  // namespace mixnn
