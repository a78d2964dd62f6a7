#include "mixnn/forecast/cell_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace mixnn {
namespace {

constexpr std::size_t kPlaces = 3;

// Sums over the samples of one place: x are the bytes of all layers, y the seconds without the
// calls.
struct Mean {
  double weight = 0, x = 0, y = 0;
};
using Means = std::array<Mean, kPlaces>;

double weight_of(const CellSample& s) { return 1 / (s.seconds * s.seconds); }
double y_of(const CellSample& s, double call) { return s.seconds - s.layers * call; }

Means means_of(const std::vector<CellSample>& samples, double call) {
  Means means;
  for (const CellSample& s : samples) {
    Mean& mean = means[s.place];
    mean.weight += weight_of(s);
    mean.x += weight_of(s) * s.layer_bytes;
    mean.y += weight_of(s) * y_of(s, call);
  }
  return means;
}

// All places share one slope.
double slope_of(const std::vector<CellSample>& samples, double call, const Means& means) {
  double xy = 0, xx = 0;
  for (const CellSample& s : samples) {
    const Mean& mean = means[s.place];
    const double x = s.layer_bytes - mean.x / mean.weight;
    xy += weight_of(s) * x * (y_of(s, call) - mean.y / mean.weight);
    xx += weight_of(s) * x * x;
  }
  return std::max(0.0, xy / xx);
}

double error_of(const std::vector<CellSample>& samples, const CellCosts& cell) {
  const std::array fixed{cell.wrap, cell.relay, cell.receive};
  double error = 0;
  for (const CellSample& s : samples) {
    const double predicted =
        fixed[s.place] + s.layers * cell.aead.fixed + cell.aead.per_unit * s.layer_bytes;
    error += std::abs(predicted - s.seconds) / s.seconds / static_cast<double>(samples.size());
  }
  return error;
}

}  // namespace

CellFit fit_cells(const std::vector<CellSample>& samples, double call) {
  const Means means = means_of(samples, call);
  CellFit fit;
  fit.costs.aead = {call, slope_of(samples, call, means)};
  const auto fixed = [&](CellSample::Place place) {
    const Mean& mean = means[place];
    return std::max(0.0, (mean.y - fit.costs.aead.per_unit * mean.x) / mean.weight);
  };
  fit.costs.wrap = fixed(CellSample::kWrap);
  fit.costs.relay = fixed(CellSample::kRelay);
  fit.costs.receive = fixed(CellSample::kReceiver);
  fit.error = error_of(samples, fit.costs);
  return fit;
}

}  // namespace mixnn
