#pragma once
#include <string>

#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Throws UsageError unless samples have the shape and type of the model's input, and its loss can
// take their labels. `which`: "training set".
void check_shape(const DataSet& data, const ModelSpec& model, const std::string& which);    // alone
void check_samples(const DataSet& data, const ModelSpec& model, const std::string& which);  // these
void check_fits(const DataSet& data, const ModelSpec& model, const std::string& which);

}  // namespace mixnn
