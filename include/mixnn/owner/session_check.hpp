#pragma once
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/session/options.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// Throws UsageError unless `ranks` suffice: 1 owner + stages + max(hops, 0) relays, and the options
// fit each other and the model (cell size, hops, micro-batches over the batch). Needs no peers:
// called before anyone is contacted.
void check_session(const ModelSpec& model, const TrainingOptions& training,
                   const SessionOptions& session, int ranks);

}  // namespace mixnn
