#pragma once
#include <vector>

#include "mixnn/app/options/options.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/owner/owner.hpp"

namespace mixnn {

// What an owner reads before it begins.
struct Inputs {
  ModelSpec model;
  std::string cut;  // how its layers were cut into stages, if MODEL left that open
  DataPair data;
  std::vector<std::vector<float>> weights;  // by stage, to start from; empty: drawn by the seed
};

// Reads and checks everything that can be wrong before a run: the model, the session among `ranks`
// ranks (0: no session, a baseline), the data, and that the results can be written; settles what
// `options` leave to the program. Throws UsageError.
Inputs load_inputs(AppOptions& options, int ranks = 0);

// Begins the session with the weights that were given, or those that the seed draws.
SessionFacts start(Owner& owner, const Inputs& inputs);

}  // namespace mixnn
