#include "mixnn/forecast/rounds/busy_cores.hpp"

#include <algorithm>

#include "slot_round.hpp"

namespace mixnn {

namespace {

constexpr std::size_t kMostBusy = 4;  // threads, each with some 64 MB

}  // namespace

BusyCores::BusyCores(std::size_t most, AeadSuite suite, std::size_t ranks,
                     std::size_t message_bytes) {
  ::sched_getaffinity(0, sizeof before_, &before_);
  const std::vector<int> cores = core_numbers(usable_cores());
  const std::size_t all = std::min({most, cores.size(), ranks, kMostBusy + 1});
  for (std::size_t i = 1; i < all; ++i)
    threads_.emplace_back([=, core = cores[i]](const std::stop_token& stop) {
      stay_on(one_core(core));
      for (SlotRound round(suite, ranks, message_bytes); !stop.stop_requested();) round.once();
    });
  if (!threads_.empty()) stay_on(one_core(cores[0]));
}

BusyCores::~BusyCores() {
  if (!threads_.empty()) stay_on(before_);
}

}  // namespace mixnn
