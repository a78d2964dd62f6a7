#pragma once
#include <cstddef>

#include "mixnn/data/dataset.hpp"
#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/layers/loss/loss.hpp"

namespace mixnn {

// What the owner computes, by rows: the loss, at two row counts, and gathering inputs.
LinearCost calibrate_loss(const Criterion& criterion, std::size_t batch);
LinearCost calibrate_inputs(const DataSet& data);

}  // namespace mixnn
