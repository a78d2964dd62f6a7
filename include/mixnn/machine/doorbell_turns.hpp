#pragma once
#include <cstdint>

#include "mixnn/machine/doorbell.hpp"
#include "mixnn/machine/host_turns.hpp"

namespace mixnn {

// Sleeps on a word in memory that the ranks of the host share, and asks the medium only after it
// was rung.
class DoorbellTurns : public HostTurns {
 public:
  // `all_ring`: whoever can send this rank a cell can ring its bell. Collective.
  DoorbellTurns(Setup setup, HostGroup& host, bool all_ring);

  void looks() override { heard_ = bell_.rings(); }
  void sent_to(int number) override { bell_.ring(number); }
  void took_in() override { ++answered_; }
  void nap(Nanoseconds at_most) override;
  // Whoever sends a cell on this host rings once it is under way. As cells and rings are both
  // counted, a cell whose ring came first is looked for until it is there.
  bool may_have_come() const override { return !all_ring_ || bell_.rings() != answered_; }

 protected:
  void wait(const UnderWay& under_way, unsigned turn, bool rest) override;

 private:
  Doorbell bell_;
  bool all_ring_;
  std::uint32_t heard_ = 0;     // rings when the medium was last asked
  std::uint32_t answered_ = 0;  // rings whose cells have come
};

}  // namespace mixnn
