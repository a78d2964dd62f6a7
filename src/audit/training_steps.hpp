#pragma once
#include <cstdint>
#include <vector>

#include "mixnn/audit/seen_traffic.hpp"

namespace mixnn {

// When the first steps of a training were. In onion traffic the owner's marks say so; in rounds the
// public schedule does, in exchanges (docs/rounds.md, "Schedule").
class TrainingSteps {
 public:
  TrainingSteps(const MergedLog& log, std::uint64_t steps);

  double seconds(std::uint64_t time_ns) const;  // since training began
  double round(const LoggedCell& cell) const;   // its number, in rounds
  bool contain(const LoggedCell& cell) const;
  // Of each, and the end of the last. In onion traffic without places.
  const std::vector<Moment>& begins() const { return begins_; }

 private:
  void read_marks(const std::vector<LoggedStep>& marks, std::uint64_t steps);
  void read_schedule(const MergedLog& log, std::uint64_t steps);

  bool rounds_;
  std::uint64_t rounds_of_exchange_, origin_ns_ = 0;
  std::vector<Moment> begins_;
};

}  // namespace mixnn
