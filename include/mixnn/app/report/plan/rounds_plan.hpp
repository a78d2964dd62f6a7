#pragma once
#include <string>
#include <vector>

#include "mixnn/app/json.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/forecast/forecast.hpp"

namespace mixnn {

std::string time_text(double seconds);  // of a step

// What routes cost in bits, in one line: once drawn, or in each key epoch.
std::string routes_text(const AppOptions& options, std::size_t ranks);

// The forecasts of a run in rounds, by the number of micro-batches; `chosen` is marked.
std::string rounds_table(const std::vector<Forecast>& forecasts, std::size_t chosen);
// Of the forecasts the one with the shortest step.
std::size_t fastest_micro_batches(const std::vector<Forecast>& forecasts);
// Ranks for so many hosted stages: of a list that is the same for all models, so that the number
// tells no more than that they fit.
std::size_t advised_ranks(std::size_t stages);

}  // namespace mixnn
