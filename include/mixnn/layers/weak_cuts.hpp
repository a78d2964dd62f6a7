#pragma once
#include <string>
#include <vector>

#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// Where the model's cut lets hosts find out more than their own stage, whatever hides the traffic
// (docs/threat-model.md, "What a host sees").
struct WeakCuts {
  // Stages between two others, with one layer that has parameters: the hosts around it see what
  // goes in and what comes out, and can solve for it. From 0.
  std::vector<std::size_t> solvable;
  // Stages whose outputs go straight into a layer with fewer outputs than they are: the directions
  // of the gradients that come back are as many as that layer's outputs.
  struct Narrowing {
    std::size_t stage = 0;  // from 0
    std::int64_t outputs = 0, next = 0;
  };
  std::vector<Narrowing> narrowing;

  bool none() const { return solvable.empty() && narrowing.empty(); }
};
WeakCuts weak_cuts(const ModelSpec& model);

// A sentence for each, and what to do.
std::vector<std::string> weak_cut_texts(const WeakCuts& cuts);
std::string weak_cuts_line(const WeakCuts& cuts);  // all in one; empty if there are none

}  // namespace mixnn
