#include "mixnn/audit/inference/fit.hpp"

#include "mixnn/audit/inference/minimizer.hpp"

namespace mixnn {

std::vector<double> fit(const Posterior& model, std::span<const std::size_t> samples,
                        double penalty, std::vector<double> start) {
  const std::vector<double> spreads = model.spreads(samples);
  start.resize(spreads.size());
  std::vector<double> weights(spreads.size());
  const auto unscale = [&](std::span<const double> scaled) {
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] = spreads[i] > 0 ? scaled[i] / spreads[i] : 0;
  };
  std::vector<double> slope(weights.size());
  const auto loss = [&](std::span<const double> scaled, std::span<double> gradient) {
    unscale(scaled);
    slope.assign(slope.size(), 0);
    double sum = 0;
    for (const std::size_t sample : samples) sum -= model.log_truth(sample, weights, slope);
    for (std::size_t i = 0; i < slope.size(); ++i) {
      sum += penalty / 2 * scaled[i] * scaled[i];
      gradient[i] = penalty * scaled[i] - (spreads[i] > 0 ? slope[i] / spreads[i] : 0);
    }
    return sum;
  };
  for (std::size_t i = 0; i < start.size(); ++i) start[i] *= spreads[i];
  unscale(minimize(loss, std::move(start)));
  return weights;
}

}  // namespace mixnn
