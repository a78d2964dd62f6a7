#pragma once
#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Fixed costs that depend on the model alone: about one core of an Intel Xeon of 2023 with
// AES-256-GCM by ipsec-mb. What decides trained bits is chosen by these, so that no measurement's
// noise can decide it.
CostModel reference_costs(const ModelSpec& model);

}  // namespace mixnn
