#pragma once
#include <cstddef>
#include <vector>

#include "mixnn/forecast/cost_model.hpp"

namespace mixnn {

// A measured wrap or peel of one cell.
struct CellSample {
  enum Place : std::size_t { kWrap, kRelay, kReceiver } place;
  double layers;       // of the body, in seals
  double layer_bytes;  // in all of them
  double seconds;
};

// seconds = fixed(place) + layers * (call + per_byte * bytes of a layer), where `call` is known: by
// least squares of the relative errors. Gives `aead`, `wrap`, `relay` and `receive` of the costs,
// none of them below zero. Takes at least one sample of each place, and two sizes. Pure.
struct CellFit {
  CellCosts costs;
  double error = 0;  // mean relative error over the samples
};
CellFit fit_cells(const std::vector<CellSample>& samples, double call);

}  // namespace mixnn
