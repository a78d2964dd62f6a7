#pragma once
#include <optional>
#include <vector>

#include "mixnn/app/options/options.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/data/normalization.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/owner/owner.hpp"

namespace mixnn {

// What an owner reads before it begins.
struct Inputs {
  ModelSpec model;
  std::string cut;  // how its layers were cut into stages, if MODEL left that open
  DataPair data;
  std::optional<Normalization> normalization;  // of the samples; the data are normalized by it
  std::vector<std::vector<float>> weights;     // by stage, to start from; empty: drawn by the seed
};

// Reads and checks everything that can be wrong before a run: the model, the session among `ranks`
// ranks (0: no session, a baseline), the data, and that the results can be written; settles what
// `options` leave to the program. Throws UsageError.
Inputs load_inputs(AppOptions& options, int ranks = 0);

// Gives a model the type that samples will have, where nothing is read otherwise: that of the data
// set, if one is given, or the one that is usual for its input: tokens, pictures in bytes, floats.
// What it is and how that is known, for people. Throws UsageError.
std::string settle_input_type(const AppOptions& options, ModelSpec& model);

// Takes the validation set, if the options want one, out of the training set, by the seed: when
// that is known for good.
void draw_validation(Inputs& inputs, const AppOptions& options);

// Begins the session with the weights that were given, or those that the seed draws.
SessionFacts start(Owner& owner, const Inputs& inputs);

}  // namespace mixnn
