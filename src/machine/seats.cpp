#include "mixnn/machine/seats.hpp"

#include <memory>
#include <utility>

#include "mixnn/machine/helper_seat.hpp"

namespace mixnn {

Seats::Seats(HostGroup& host, std::vector<int> cores, std::size_t most_helpers,
             std::function<bool(int)> has_mail)
    : desks_(host, std::move(cores), most_helpers, std::move(has_mail)),
      rank_(desks_, host.number()) {
  rank_.begin();
  if (rank_.number() == 0)
    desks_.free_seats().store(~std::uint64_t{0} >> (kMostSeats - desks_.cores().size()));
  host.barrier("sharing memory on a host");
}

HelperPlaces Seats::helper_places() {
  HelperPlaces places;
  const int first = desks_.ranks() + rank_.number() * desks_.helpers();
  for (int i = 0; i < desks_.helpers(); ++i)
    places.push_back(std::make_unique<HelperSeat>(desks_, rank_, first + i));
  return places;
}

void Seats::run(FunctionRef<bool()> round) {
  const std::size_t cores = desks_.cores().size();
  if (cores > 1 && cores <= SeatDesks::kMostThreads) return rank_.run_on_all_seats(round);
  while (round()) {
  }
}

}  // namespace mixnn
