#pragma once
#include <optional>

#include "mixnn/rounds/routes.hpp"

namespace mixnn {

// Of both draws of a key epoch.
struct EpochRoutes {
  Routes bulk, training;
};

// The routes of a run: the same for all key epochs, or fresh ones in each. Those of the key epoch
// to come are known, for tables, before it begins.
class RunRoutes {
 public:
  // `rng` must outlive it.
  RunRoutes(std::uint32_t ranks, std::size_t hops, bool fresh_in_each_epoch, Csprng& rng);

  const EpochRoutes& now() const { return now_; }
  // Of the next key epoch; the same until that begins.
  const EpochRoutes& next();
  void next_begins();

 private:
  EpochRoutes draw() const;

  std::uint32_t ranks_;
  std::size_t hops_;
  bool fresh_;
  Csprng& rng_;
  EpochRoutes now_;
  std::optional<EpochRoutes> next_;
};

}  // namespace mixnn
