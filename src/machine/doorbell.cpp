#include "mixnn/machine/doorbell.hpp"

#include "mixnn/machine/futex.hpp"

namespace mixnn {

Doorbell::Doorbell(HostGroup& host) : mine_(host.number()), bells_(host, host.count()) {}

void Doorbell::ring(int number) {
  Bell& bell = bells_[number];
  bell.rings.fetch_add(1);
  // Either the sleeper has set its flag before this looks, or its futex sees the new count and does
  // not sleep.
  if (bell.sleeping.load() != 0 && bell.sleeping.exchange(0) != 0) futex_wake(bell.rings);
}

std::uint32_t Doorbell::rings() const {
  return bells_[mine_].rings.load(std::memory_order_acquire);
}

void Doorbell::sleep(std::uint32_t seen, Nanoseconds at_most) {
  Bell& bell = bells_[mine_];
  bell.sleeping.store(1);
  futex_wait(bell.rings, seen, at_most);  // that it ends early, or at once, does no harm
  bell.sleeping.store(0, std::memory_order_relaxed);
}

}  // namespace mixnn
