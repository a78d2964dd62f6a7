#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "mixnn/app/json.hpp"
#include "mixnn/app/options/options.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// One way to cut what hosts get of a model that leaves that open.
struct CutChoice {
  std::vector<std::size_t> layers;  // of each stage
  double heaviest = 0;              // share of the work that the heaviest stage has
  std::size_t message_bytes = 0;    // largest message of a micro-batch: a boundary, inputs, outputs
  std::size_t cells = 0, cell_bytes = 0;
  bool chosen = false;
};

// Those into 1, 2, ... stages, as many as are usual, and into as many as `options` want: it is the
// chosen one. The options are settled, and their micro-batches are those of all choices. Empty if
// the model has stages of its own.
std::vector<CutChoice> cut_choices(const ModelSpec& open, const AppOptions& options);

std::string cut_table(const std::vector<CutChoice>& choices);  // fits 80 columns
Json cuts_json(const std::vector<CutChoice>& choices);

}  // namespace mixnn
