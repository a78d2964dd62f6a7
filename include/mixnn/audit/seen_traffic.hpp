#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/audit/merged_log.hpp"

namespace mixnn {

// Who looks, in one run.
struct Watchers {
  bool all_links = false;              // every cell on its link, but no rank from within
  std::vector<std::uint32_t> members;  // ranks that look from within, ascending
};

// A number by ordered pair of ranks.
class RankMatrix {
 public:
  explicit RankMatrix(std::size_t ranks = 0) : ranks_(ranks), values_(ranks * ranks) {}
  double& at(std::size_t from, std::size_t to) { return values_[from * ranks_ + to]; }
  double at(std::size_t from, std::size_t to) const { return values_[from * ranks_ + to]; }

 private:
  std::size_t ranks_;
  std::vector<double> values_;
};

// Where something was in the traffic, in two ways that are used apart.
struct Moment {
  // Without any clock. In rounds the number of the round, which all know: the order within a round
  // is a race, and belongs to times. Otherwise the number of the cell among all that the watchers
  // saw.
  double place = 0;
  double seconds = 0;  // since training began
};

// A cell that the watchers saw on a link.
struct SeenCell {
  Moment moment;
  std::uint32_t from = 0, to = 0, bytes = 0;
  std::uint32_t step = 0;  // of training, from 0
  // How likely the cell begins or ends there, and is not only passed on. Who looks at a rank from
  // within knows it; of others 1, until somebody knows better.
  double begins = 1, ends = 1;
};

// What the watchers saw of the first steps of training. Features are made of it alone, and it has
// nothing of the truth.
struct SeenTraffic {
  struct OwnMessage {
    Moment moment;
    std::uint32_t step = 0;
    LoggedMessage::Way way{};
    Label label;
  };

  bool rounds = false;
  std::uint32_t ranks = 0;
  std::vector<SeenCell> cells;  // by place
  // Where each step begins, and behind them where the last one ends.
  std::vector<Moment> steps;
  RankMatrix passed_on;  // by ranks: cells that a member took from one and passed on to the other
  std::vector<std::vector<OwnMessage>> messages;  // by rank: those of members
};

SeenTraffic see(const MergedLog& log, const Watchers& watchers, std::uint64_t steps);

}  // namespace mixnn
