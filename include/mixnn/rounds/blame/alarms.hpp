#pragma once
#include <optional>
#include <vector>

#include "mixnn/crypto/random.hpp"
#include "mixnn/rounds/lane.hpp"
#include "mixnn/rounds/slot.hpp"

namespace mixnn {

// Who cannot go on, as the owner finds it: a rank that has not heard it in a whole exchange says so
// in a slot of no draw, and of a rank that is gone nothing comes. Neither is looked into: it ends
// the run.
class Alarms {
 public:
  struct Alarm {
    std::uint32_t rank = 0;
    std::uint64_t exchange = 0;  // in which nothing was heard
  };
  explicit Alarms(std::uint32_t ranks) : came_(ranks) {}

  // Another rank's, when the owner's lane has not said how it goes on: the slot for one link, of
  // the exchange that it cannot begin. `to_owner`: the lane, on the link to the owner alone.
  static void write(std::uint64_t exchange, const Lane* to_owner, Csprng& rng, Bytes slot);

  // Whether that slot is the rank's word that it cannot go on: under a number that it says nothing
  // else with.
  bool hears(std::uint32_t from, Lane& lane, ConstBytes slot);
  // Something came of that rank in this exchange.
  void came(std::uint32_t from) { came_[from] = true; }
  void exchange_ended(std::uint64_t exchange);

  const std::optional<Alarm>& distress() const { return distress_; }  // that one said
  const std::optional<Alarm>& silent() const { return silent_; }      // of which nothing came

 private:
  std::vector<bool> came_;  // by rank
  std::optional<Alarm> distress_, silent_;
};

}  // namespace mixnn
