#pragma once
#include "mixnn/forecast/cost_model.hpp"
#include "small_model.hpp"

namespace mixnn::testing {

inline ModelSpec mlp() { return small_model({1, 28, 28}, {128, 64, 10}); }

// Costs of mlp() as one core of a server of 2023 had them, rounded.
inline CostModel mlp_costs() {
  CostModel costs;
  costs.cell = {.aead = {0.1e-6, 1 / 9.8e9},
                .cover = 0.65,
                .wrap = 1.5e-6,
                .relay = 3e-6,
                .receive = 3e-6,
                .slot = 1.6e-6,
                .hand_over = {6.5e-6, 0.1e-9},
                .process_change = 0,
                .change_share = 1};
  costs.stages = {{.forward = {27e-6, 3.0e-6},
                   .input_gradient = {0, 0.02e-6},
                   .accumulate = {27e-6, 2.9e-6},
                   .update = 41e-6},
                  {.forward = {4e-6, 0.25e-6},
                   .input_gradient = {4e-6, 0.25e-6},
                   .accumulate = {4e-6, 0.24e-6},
                   .update = 4.3e-6},
                  {.forward = {2.2e-6, 0.02e-6},
                   .input_gradient = {2.2e-6, 0.02e-6},
                   .accumulate = {2.2e-6, 0.02e-6},
                   .update = 1.3e-6}};
  costs.loss = {3e-6, 0.15e-6};
  costs.inputs.per_unit = 0.12e-6;
  costs.baseline = step_of_one_thread(costs);
  return costs;
}

}  // namespace mixnn::testing
