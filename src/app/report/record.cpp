#include "mixnn/app/report/record.hpp"

#include <algorithm>
#include <cmath>

#include "mixnn/base/check.hpp"

namespace mixnn {

double median(std::vector<double> values) {
  MIXNN_CHECK(!values.empty(), "median of nothing");
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double Record::wall_s() const {
  double sum = 0;
  for (const Epoch& epoch : epochs) sum += epoch.train.wall_s;
  return sum;
}

double Record::median_wall_s() const {
  std::vector<double> walls;
  for (const Epoch& epoch : epochs) walls.push_back(epoch.train.wall_s);
  return median(std::move(walls));
}

double Record::samples_per_s() const {
  std::size_t samples = 0;
  for (const Epoch& epoch : epochs) samples += epoch.train.samples;
  return wall_s() > 0 ? static_cast<double>(samples) / wall_s() : 0;
}

const Record::Epoch& Record::last() const {
  MIXNN_CHECK(!epochs.empty(), "last epoch of none");
  return epochs.back();
}

Comparison compare(const Record& baseline, const Record& reference, const Record& mixnn) {
  Comparison result;
  const double fastest = baseline.median_wall_s();
  result.slowdown = fastest > 0 ? mixnn.median_wall_s() / fastest : 0;
  const std::optional<double> ours = mixnn.tested().accuracy;
  if (ours) result.accuracy_difference = std::abs(*ours - reference.tested().accuracy.value());
  result.bit_identical = !mixnn.sha256.empty() && mixnn.sha256 == reference.sha256;
  return result;
}

}  // namespace mixnn
