#pragma once
#include <span>
#include <vector>

#include "mixnn/audit/inference/posterior.hpp"

namespace mixnn {

// How weights are fitted: to the largest posterior probability of the training samples, where each
// weight, times the spread of its features, has a normal distribution of variance 1 / `penalty`
// before they are seen.
//
// Weights to begin with; empty: 0. Throws nothing; the same for the same samples in the same order.
std::vector<double> fit(const Posterior& model, std::span<const std::size_t> samples,
                        double penalty, std::vector<double> start = {});

}  // namespace mixnn
