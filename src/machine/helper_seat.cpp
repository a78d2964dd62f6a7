#include "mixnn/machine/helper_seat.hpp"

#include <utility>

namespace mixnn {
namespace {

using namespace std::chrono_literals;

// How long a helper sleeps before it looks whether its crew is still there.
constexpr Nanoseconds kHelperNap = 50ms;

}  // namespace

void HelperSeat::open() {
  desks_[helper_.number()].since.store(SteadyClock().now().count());
  desks_[helper_.number()].open.store(1);
  desks_[0].open_desks.fetch_add(1);
  opener_.offer_free_seat(helper_.number());
}

void HelperSeat::close() {
  desks_[helper_.number()].open.store(0);
  desks_[0].open_desks.fetch_sub(1);
}

void HelperSeat::wait() {
  if (!std::exchange(begun_, true)) helper_.begin();
  helper_.wait(kHelperNap, false);
}

bool HelperSeat::may_work() {
  if (helper_.seated()) helper_.let_ranks_in(kHelperNap);
  return helper_.seated();
}

}  // namespace mixnn
