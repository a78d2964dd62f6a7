#pragma once
#include <span>
#include <vector>

#include "mixnn/base/function_ref.hpp"

namespace mixnn {

// A smooth convex function: returns its value at a point, and writes its gradient there.
using SmoothFunction = FunctionRef<double(std::span<const double> at, std::span<double> gradient)>;

// Where it is least, from `start` on: limited-memory BFGS (Nocedal, "Updating quasi-Newton matrices
// with limited storage", 1980) with steps that are halved until the value falls. The same function
// and start give the same point, bit for bit, on one machine.
std::vector<double> minimize(SmoothFunction function, std::vector<double> start);

}  // namespace mixnn
