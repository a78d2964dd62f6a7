#pragma once
#include "mixnn/crypto/aead.hpp"
#include "mixnn/forecast/cost_model.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// Runs the real kernels on this machine, medians of several tries: every stage at two row counts,
// tickets, wraps and peels at several sizes, the change from process to process on a core, and the
// baseline's step at 1 .. cores threads. Takes 0.2 s for small models, a second or two where one
// step takes that long. Leaves the number of BLAS threads as it was.
CostModel calibrate(const ModelSpec& model, const TrainingOptions& training, AeadSuite suite,
                    int cores);

}  // namespace mixnn
