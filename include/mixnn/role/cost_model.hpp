#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "mixnn/crypto/aead.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// Seconds of one piece of work that grows linearly: with rows or with bytes.
struct LinearCost {
  double fixed = 0, per_unit = 0;
  double operator()(double units) const { return fixed + per_unit * units; }
};

// What one stage's host computes, by the rows of a micro-batch; `update` is once a step.
struct StageCosts {
  LinearCost forward, input_gradient, accumulate;
  double update = 0;
};

// Fitted to runs of models/mlp.json (batch 128, 1 to 4 micro-batches) of eight ranks on two cores.
inline constexpr LinearCost kHandOverCost{6.5e-6, 0.1e-9};

// What a cell costs wherever it is touched: its body layers (`aead`, by bytes, each), and besides them a
// fixed time.
struct CellCosts {
  LinearCost aead;
  double wrap = 0, relay = 0, receive = 0;  // header, filler, mixing
  double slot = 0;                          // one slot of one header, when the owner makes a ticket
  // From rank to rank on one host, by bytes, on the receiver's core: waking up, and fetching what lies in
  // another core's cache. What only shows between processes is not calibrated but fitted once to measured
  // runs.
  LinearCost hand_over = kHandOverCost;
};

// The unit costs of one model on one kind of machine; all times in seconds.
struct CostModel {
  CellCosts cell;
  std::vector<StageCosts> stages;
  LinearCost inputs, loss;  // at the owner, by rows
  LinearCost baseline;      // a whole step of the fastest single process, by rows
  int baseline_threads = 1;
  double fit_error = 0;  // mean relative error of `cell` over the measured wraps and peels
};

// Fixed costs that depend on the model alone: about one core of an Intel Xeon of 2023 with AES-256-GCM by
// ipsec-mb. What decides trained bits is chosen by these, so that no measurement's noise can decide it.
CostModel reference_costs(const ModelSpec& model);

// Runs the real kernels on this machine, medians of several tries: every stage at two row counts, tickets,
// wraps and peels at several sizes, and the baseline's step at 1 .. cores threads. Takes 0.1 s for small
// models, a second or two where one step takes that long. Leaves the number of BLAS threads as it was.
CostModel calibrate(const ModelSpec& model, const TrainingOptions& training, AeadSuite suite, int cores);

}  // namespace mixnn
