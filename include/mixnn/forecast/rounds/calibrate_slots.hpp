#pragma once
#include <cstddef>

#include "mixnn/crypto/aead.hpp"
#include "mixnn/forecast/cost_model.hpp"

namespace mixnn {

// Times the work of all ranks in a round on slots with messages of that many bytes, and of an
// eighth, by the real code: sealing, a relay, the crossover, opening. Ranks follow one another as
// they do on a core, so that slots are as cold as there.
SlotCosts calibrate_slots(AeadSuite suite, std::size_t ranks, std::size_t message_bytes);

}  // namespace mixnn
