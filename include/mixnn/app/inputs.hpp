#pragma once
#include <optional>

#include "mixnn/app/options/options.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/data/normalization.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// What an owner reads before it begins.
struct Inputs {
  ModelSpec model;
  DataPair data;
  std::optional<Normalization> normalization;  // of the samples; the data are normalized by it
};

// Reads and checks everything that can be wrong before a run: the model, the session among `ranks`
// ranks (0: no session, a baseline), the data, and that the results can be written; settles what
// `options` leave to the program. Throws UsageError.
Inputs load_inputs(AppOptions& options, int ranks = 0);

// Takes the validation set, if the options want one, out of the training set, by the seed: when
// that is known for good.
void draw_validation(Inputs& inputs, const AppOptions& options);

}  // namespace mixnn
