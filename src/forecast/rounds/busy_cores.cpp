#include "mixnn/forecast/rounds/busy_cores.hpp"

#include "slot_round.hpp"

namespace mixnn {

BusyCores::BusyCores(std::size_t threads, AeadSuite suite, std::size_t ranks,
                     std::size_t message_bytes) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([=](const std::stop_token& stop) {
      for (SlotRound round(suite, ranks, message_bytes); !stop.stop_requested();) round.once();
    });
}

}  // namespace mixnn
