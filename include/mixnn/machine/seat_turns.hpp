#pragma once
#include <functional>
#include <vector>

#include "mixnn/machine/doorbell_turns.hpp"
#include "mixnn/machine/seats.hpp"

namespace mixnn {

// Ranks pass the cores on to each other, while all their cells come in memory that they share;
// until then, and while something else is under way, each sleeps on its doorbell.
class SeatTurns final : public DoorbellTurns {
 public:
  struct SeatSetup {
    std::vector<int> cores;             // of the seats
    std::size_t most_helpers = 0;       // of each rank
    std::function<bool(int)> has_mail;  // whether enough cells wait for the host's rank of a number
    bool any_thread = false;            // the rank's loop may go on on another thread
    // How many cells are enough for this rank.
    std::function<void(std::size_t)> wait_for = [](std::size_t) {};
  };
  SeatTurns(Setup setup, HostGroup& host, SeatSetup seats);  // collective

  void wait_for(std::size_t cells) override { wait_for_(cells); }
  bool core_wanted() const override { return seats_.core_wanted(); }
  void run(FunctionRef<Turn()> turn) override;
  HelperPlaces helper_places() override {
    return keeps_time_ ? HelperPlaces{} : seats_.helper_places();
  }
  void keep_time() override;
  void sent_to(int number) override;
  void leave() noexcept override { seats_.leave(); }

 private:
  void wait(const UnderWay& under_way, unsigned turn, bool rest) override;

  Seats seats_;
  std::function<void(std::size_t)> wait_for_;
  bool any_thread_, keeps_time_ = false;
};

}  // namespace mixnn
