#pragma once
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/error.hpp"
#include "mixnn/rounds/exchanger.hpp"
#include "mixnn/rounds/run_routes.hpp"

namespace mixnn {

// How the owner of traffic in rounds ends a run that cannot go on, or not well: by an error that
// names who can have done it (docs/rounds.md, "Blame"). Nobody is excluded: the run ends, and may
// go on from its last checkpoint on other ranks.
class RoundBlame {
 public:
  // `routes`: of the key epoch, whenever it is looked at. Both must outlive it.
  RoundBlame(Exchanger& exchanger, const EpochRoutes& routes, std::size_t rewinds);

  // The secrets that the draws of this key epoch are made with, by rank.
  void installed(std::vector<Key> secrets) { secrets_ = std::move(secrets); }
  // Between exchanges too. Throws RunError where it has come to that.
  void look();

 private:
  void begin_to_judge();
  RunError verdict() const;

  Exchanger& exchanger_;
  const EpochRoutes& routes_;
  std::size_t rewinds_;
  std::vector<Key> secrets_;
  std::optional<Judge> judge_;
};

}  // namespace mixnn
