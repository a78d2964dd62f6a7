#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "mixnn/audit/observation.hpp"
#include "mixnn/base/function_ref.hpp"

namespace mixnn {

// An observation that is filled feature by feature, each with a name.
struct FeatureSheet {
  explicit FeatureSheet(std::size_t candidates);

  void single(std::string name, FunctionRef<double(std::size_t)> of);
  void pair(std::string name, FunctionRef<double(std::size_t from, std::size_t to)> of);

  std::vector<std::string> single_names, pair_names;
  Observation observation;
};

}  // namespace mixnn
