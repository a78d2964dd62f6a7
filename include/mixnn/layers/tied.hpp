#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "mixnn/layers/model_spec.hpp"
#include "mixnn/layers/stage.hpp"

namespace mixnn {

// A table and a weight that are one tensor (ModelSpec::tied): the first parameters of the first
// stage, and the last ones of the last stage. Each stage has it, and both stay equal bit for bit,
// for they begin so and are updated by the same gradient.

// Floats of the tensor; 0 if there is none.
std::size_t tied_parameters(const ModelSpec& model);
// Why it cannot be tied; empty if it can.
std::string tied_problem(const ModelSpec& model);
// Of all stages' parameters: whether both are equal.
bool tied_are_equal(const ModelSpec& model, const std::vector<std::vector<float>>& stages);
// Before the update: the gradient of both is the sum of the first one's and the last one's.
void share_gradient(Stage& first, Stage& last, std::size_t parameters);

}  // namespace mixnn
