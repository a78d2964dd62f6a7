#pragma once
#include <vector>

#include "mixnn/audit/inference/posterior.hpp"

namespace mixnn {

inline constexpr std::size_t kFolds = 5;

// What a model that never saw the sample says of it.
struct HeldOut {
  double bits = 0;  // learnt: log2 of how much likelier than before the model finds the truth
  Answer answer;
};

// Each sample is judged by a model that was fitted without its fold, a fifth of the samples, drawn
// with a fixed seed. How strongly large weights are punished, by which factor they are too sure (a
// temperature), and with which probability the model is to be doubted altogether, is chosen inside
// the other four folds, again by what a model says of a fold that it was not fitted to. At least
// kFolds samples.
std::vector<HeldOut> cross_validate(const Posterior& model);

}  // namespace mixnn
