#pragma once
#include <memory>
#include <vector>

#include "mixnn/onion/mix_pool.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/transport/transport.hpp"

namespace mixnn {

// Holds opened cells, mixes them and sends them on.
class Relay {
 public:
  explicit Relay(const MixOptions& options);

  void hold(const std::uint32_t next, std::uint64_t message, CellBuffer cell);
  // Sends what the strategy lets go; returns how many cells.
  std::size_t release(Transport& transport, Csprng& rng);

 private:
  std::unique_ptr<MixStrategy> strategy_;
  SteadyClock clock_;
  MixPool pool_;
  std::vector<MixedCell> released_;
};

}  // namespace mixnn
