#pragma once
#include "mixnn/crypto/aead.hpp"
#include "mixnn/forecast/cell_fit.hpp"

namespace mixnn {

// Sends cells of several sizes over three relays in this process: tickets, wraps and peels by the
// real code.
CellFit calibrate_cells(AeadSuite suite);

}  // namespace mixnn
