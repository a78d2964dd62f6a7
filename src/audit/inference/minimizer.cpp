#include "mixnn/audit/inference/minimizer.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

namespace mixnn {
namespace {

using Point = std::vector<double>;

constexpr std::size_t kMemory = 8;
constexpr int kMostSteps = 100, kMostHalvings = 40;
constexpr double kFlat = 1e-6;    // of the gradient, beside the value
constexpr double kEnough = 1e-4;  // of the fall that the slope promises

double inner(const Point& a, const Point& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// a + factor * b
Point moved(const Point& a, double factor, const Point& b) {
  Point sum(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) sum[i] = a[i] + factor * b[i];
  return sum;
}

struct Pair {  // of two points in a row: what lies between them, and between their gradients
  Point step, change;
  double curvature;  // their product
};

// The quasi-Newton direction downhill.
Point direction(const std::deque<Pair>& pairs, const Point& gradient) {
  Point way = moved(Point(gradient.size()), -1, gradient);
  std::vector<double> shares(pairs.size());
  for (std::size_t i = pairs.size(); i-- > 0;) {
    shares[i] = inner(pairs[i].step, way) / pairs[i].curvature;
    way = moved(way, -shares[i], pairs[i].change);
  }
  if (!pairs.empty()) {
    const Pair& last = pairs.back();
    const double scale = last.curvature / inner(last.change, last.change);
    for (double& x : way) x *= scale;
  }
  for (std::size_t i = 0; i < pairs.size(); ++i)
    way = moved(way, shares[i] - inner(pairs[i].change, way) / pairs[i].curvature, pairs[i].step);
  return way;
}

}  // namespace

std::vector<double> minimize(SmoothFunction function, std::vector<double> start) {
  Point at = std::move(start), gradient(at.size());
  double value = function(at, gradient);
  std::deque<Pair> pairs;
  for (int step = 0; step < kMostSteps; ++step) {
    if (std::sqrt(inner(gradient, gradient)) <= kFlat * std::max(1.0, std::abs(value))) break;
    const Point way = direction(pairs, gradient);
    const double slope = inner(way, gradient);
    double length = pairs.empty() ? std::min(1.0, 1 / std::sqrt(inner(gradient, gradient))) : 1;
    Point next, next_gradient(at.size());
    double next_value = value;
    int halvings = 0;
    for (; halvings < kMostHalvings; ++halvings, length /= 2) {
      next = moved(at, length, way);
      next_value = function(next, next_gradient);
      if (next_value <= value + kEnough * length * slope) break;
    }
    if (halvings == kMostHalvings) {
      if (pairs.empty()) break;
      pairs.clear();  // they lead nowhere: straight downhill once more
      continue;
    }
    Pair pair{moved(next, -1, at), moved(next_gradient, -1, gradient), 0};
    pair.curvature = inner(pair.step, pair.change);
    if (pair.curvature > 0) pairs.push_back(std::move(pair));
    if (pairs.size() > kMemory) pairs.pop_front();
    at = std::move(next);
    gradient = std::move(next_gradient);
    value = next_value;
  }
  return at;
}

}  // namespace mixnn
