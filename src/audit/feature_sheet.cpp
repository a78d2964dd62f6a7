#include "feature_sheet.hpp"

#include <cmath>
#include <utility>

namespace mixnn {
namespace {

// What cannot be said, such as the mean of nothing, is 0.
double or_zero(double value) { return std::isfinite(value) ? value : 0; }

}  // namespace

FeatureSheet::FeatureSheet(std::size_t candidates) {
  observation.single.resize(candidates);
  observation.pair.assign(candidates, std::vector<std::vector<double>>(candidates));
}

void FeatureSheet::single(std::string name, FunctionRef<double(std::size_t)> of) {
  single_names.push_back(std::move(name));
  for (std::size_t i = 0; i < observation.single.size(); ++i)
    observation.single[i].push_back(or_zero(of(i)));
}

void FeatureSheet::pair(std::string name, FunctionRef<double(std::size_t, std::size_t)> of) {
  pair_names.push_back(std::move(name));
  for (std::size_t from = 0; from < observation.pair.size(); ++from)
    for (std::size_t to = 0; to < observation.pair.size(); ++to)
      observation.pair[from][to].push_back(from == to ? 0 : or_zero(of(from, to)));
}

}  // namespace mixnn
