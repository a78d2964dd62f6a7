#include "mixnn/forecast/rounds/busy_cores.hpp"

#include <algorithm>

#include "slot_round.hpp"

namespace mixnn {

BusyCores::BusyCores(std::size_t most, AeadSuite suite, std::size_t ranks,
                     std::size_t message_bytes)
    : all_(usable_cores()) {
  const std::vector<int> cores = core_numbers(all_);
  for (std::size_t i = 1; i < std::min(most, cores.size()); ++i)
    threads_.emplace_back([=, core = cores[i]](const std::stop_token& stop) {
      stay_on(one_core(core));
      for (SlotRound round(suite, ranks, message_bytes); !stop.stop_requested();) round.once();
    });
  if (!threads_.empty()) stay_on(one_core(cores[0]));
}

BusyCores::~BusyCores() { stay_on(all_); }

}  // namespace mixnn
