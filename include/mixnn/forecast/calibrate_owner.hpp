#pragma once
#include <cstddef>

#include "mixnn/data/dataset.hpp"
#include "mixnn/forecast/cost_model.hpp"

namespace mixnn {

// What the owner computes, by rows: softmax and cross-entropy, at two row counts, and gathering
// inputs.
LinearCost calibrate_loss(std::size_t classes, std::size_t batch);
LinearCost calibrate_inputs(const DataSet& data);

}  // namespace mixnn
