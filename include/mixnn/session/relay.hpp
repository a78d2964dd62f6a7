#pragma once
#include <vector>

#include "mixnn/onion/mix/mix_pool.hpp"
#include "mixnn/onion/mix/strategy.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// Holds opened cells, mixes them and sends them on.
class Relay {
 public:
  explicit Relay(const MixStrategy& strategy) : strategy_(strategy) {}

  void hold(std::uint32_t next, CellBuffer cell);
  // Sends what the strategy lets go; returns how many cells.
  std::size_t release(Transport& transport, Csprng& rng);

 private:
  MixStrategy strategy_;
  SteadyClock clock_;
  MixPool pool_;
  std::vector<MixedCell> released_;
};

}  // namespace mixnn
