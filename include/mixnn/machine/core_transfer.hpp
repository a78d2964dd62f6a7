#pragma once

namespace mixnn {

// Seconds a byte for reading what another core has just written, beyond reading what this one has
// in its caches: what a cell's body costs when it changes cores. Measured between two of the cores
// that this process may use, in a few milliseconds; 0 if there is only one.
double measure_core_transfer();

}  // namespace mixnn
