#pragma once
#include <cstddef>
#include <functional>

#include "mixnn/base/clock.hpp"
#include "mixnn/machine/turns.hpp"

namespace mixnn {

// What a transport has under way, as far as it decides how to wait.
struct UnderWay {
  bool open = false;        // cells may come,
  bool receiving = false;   // and there is room for them
  bool sending = false;     // what is being sent goes on only while the medium is called
  bool all_shared = false;  // whatever comes, comes in memory that the host's ranks share
};

// The turns of one rank of a host, told by its transport what it sends and takes in.
class HostTurns : public Turns {
 public:
  struct Setup {
    std::function<UnderWay()> under_way;
    bool crowded = false;         // the host has more ranks than cores for them
    std::size_t own_helpers = 0;  // how many have a core that no other rank uses
  };
  explicit HostTurns(Setup setup);

  void idle(bool rest) final { wait(setup_.under_way(), idled_++, rest); }
  void busy() final { idled_ = 0; }
  bool core_wanted() const override { return setup_.crowded; }
  HelperPlaces helper_places() override { return own_cores(setup_.own_helpers); }
  void keep_time() override;
  void nap(Nanoseconds at_most) override;

  // The transport is about to look what has come: what comes later ends the next wait.
  virtual void looks() {}
  // It has sent something to the host's rank of this number,
  virtual void sent_to(int /*number*/) {}
  // or taken in a cell of one of the host's ranks.
  virtual void took_in() {}
  // False if certainly no cell has come that was not taken in.
  virtual bool may_have_come() const { return true; }
  // The transport is closed: for good, this rank runs where it ran before.
  virtual void leave() noexcept {}

 protected:
  // One call of idle(), the `turn`th since busy().
  virtual void wait(const UnderWay& under_way, unsigned turn, bool rest) = 0;
  // If only calls of the medium show what has come: gives the core away, many times, then naps.
  void ask_again(unsigned turn);

 private:
  Setup setup_;
  unsigned yields_;     // how often to give the core away before sleeping
  unsigned idled_ = 0;  // calls of idle() since something happened
};

}  // namespace mixnn
