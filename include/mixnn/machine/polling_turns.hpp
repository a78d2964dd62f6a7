#pragma once
#include "mixnn/machine/host_turns.hpp"

namespace mixnn {

// Asks the medium again and again, and gives the core away in between.
class PollingTurns final : public HostTurns {
 public:
  using HostTurns::HostTurns;

 private:
  void wait(const UnderWay& under_way, unsigned turn, bool rest) override;
};

}  // namespace mixnn
